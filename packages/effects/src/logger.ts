/** Plain data beside a log message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a library writes what happened: a plain message and fields. pino's and most other loggers are adapted in four lines. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** The default of every library here: says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

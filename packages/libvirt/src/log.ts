type Write = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Where the client writes what nobody else hears of. pino's and most other loggers are adapted in four lines. */
export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

/** Says nothing: the default. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

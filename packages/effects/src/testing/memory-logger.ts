import type { LogFields, Logger } from '../logger.ts';

export interface LogEntry {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps what it is told, for assertions. */
export interface MemoryLogger extends Logger {
  readonly entries: readonly LogEntry[];
}

/** A {@link MemoryLogger} without entries. */
export function memoryLogger(): MemoryLogger {
  const entries: LogEntry[] = [];
  const keep =
    (level: keyof Logger) =>
    (message: string, fields: LogFields = {}) => {
      entries.push({ level, message, fields });
    };
  return { entries, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}

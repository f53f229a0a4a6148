import { destination, pino } from 'pino';
import type { Logger } from '@spawnkit/effects';

/** Every message as one JSON line on stderr. */
export function jsonLogger(): Logger {
  const log = pino({ level: 'debug', base: null }, destination({ dest: 2, sync: true }));
  return {
    debug: (message, fields = {}) => log.debug(fields, message),
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
    error: (message, fields = {}) => log.error(fields, message),
  };
}

/**
 * How code touches the host: commands without a shell, locks, clocks, secrets, and an undo journal that survives `kill -9`.
 *
 * @packageDocumentation
 */
export { type Clock, systemClock } from './clock.ts';
export { EffectsError, type EffectsErrorCode } from './errors.ts';
export { type LogFields, type Logger, silentLogger } from './logger.ts';
export { Secret } from './secret.ts';

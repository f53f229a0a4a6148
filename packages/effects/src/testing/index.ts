/**
 * Doubles for tests of code that uses `@spawnkit/effects`.
 *
 * @packageDocumentation
 */
export { type ManualClock, manualClock } from './manual-clock.ts';

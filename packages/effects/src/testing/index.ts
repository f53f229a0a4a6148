/**
 * Doubles for tests of code that uses `@spawnkit/effects`.
 *
 * @packageDocumentation
 */
export { type ManualClock, manualClock } from './manual-clock.ts';
export { type LogEntry, type MemoryLogger, memoryLogger } from './memory-logger.ts';
export { memoryRollback } from './memory-rollback.ts';
export { recordingExec } from './recording-exec.ts';
export { type ReplayExec, replayExec } from './replay-exec.ts';
export {
  type Exchange,
  type RecordedCommand,
  type RecordedError,
  readTranscript,
  type TranscriptOptions,
} from './transcript.ts';

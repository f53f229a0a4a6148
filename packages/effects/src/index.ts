/**
 * How code touches the host: commands without a shell, locks, clocks, secrets, and an undo journal that survives `kill -9`.
 *
 * @packageDocumentation
 */
export { type Child, endChild } from './child.ts';
export type { ChildObserver } from './child-observer.ts';
export { type Clock, systemClock } from './clock.ts';
export { type CreateRollbackOptions, createRollback } from './create-rollback.ts';
export { EffectsError, type EffectsErrorCode } from './errors.ts';
export type { Exec, ExecLimits, ExecOptions, ExecResult } from './exec.ts';
export type { FlockOptions } from './flock.ts';
export { type HostExecOptions, hostExec } from './host-exec.ts';
export type { JournalEntry, JournalState } from './journal.ts';
export { type JournalLocation, listJournals, readJournal } from './journals.ts';
export type { Json } from './json.ts';
export { acquireLock, type Lock, type LockOptions } from './lock.ts';
export { type LogFields, type Logger, silentLogger } from './logger.ts';
export type { Rollback } from './rollback.ts';
export { Secret } from './secret.ts';
export { removeStaleLocks } from './stale-locks.ts';
export type { Inverse, InverseOptions, Inverses, UndoFailure, UndoOptions, UndoReport } from './undo.ts';
export { type UndoJournalOptions, undoJournal } from './undo-journal.ts';

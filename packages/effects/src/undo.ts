import { endChild } from './child.ts';
import { type ChildObserver, observeChildren } from './child-observer.ts';
import { EffectsError } from './errors.ts';
import type { JournalEntry, JournalRecord } from './journal.ts';
import type { JournalStore } from './journal-store.ts';
import type { Json } from './json.ts';
import { type Logger, silentLogger } from './logger.ts';

export interface InverseOptions {
  readonly signal?: AbortSignal | undefined;
  /** For the commands that the inverse runs. */
  readonly childObserver: ChildObserver;
}

/** Takes an act back. Idempotent, and right whether the act happened, happened in part, or did not happen. */
export type Inverse = (data: Json, options: InverseOptions) => Promise<void>;

/** How each kind of act is taken back. */
export type Inverses = Readonly<Record<string, Inverse>>;

export interface UndoOptions {
  readonly log?: Logger;
  /** Stops between two acts and is handed to the inverses; the journal stays, and a later undo goes on from there. */
  readonly signal?: AbortSignal | undefined;
}

export interface UndoFailure {
  readonly entry: JournalEntry;
  readonly error: unknown;
}

/** What an undo achieved. Without failures the journal is gone. */
export interface UndoReport {
  /** In the order in which they were taken back. */
  readonly undone: readonly JournalEntry[];
  /** What could not be taken back; the journal keeps it for another try. */
  readonly failures: readonly UndoFailure[];
}

const FAILURE_CHARACTERS = 1000;

/**
 * Ends the commands that still run, then takes all acts back, last first. A failure is recorded, and the others go on; if
 * there was none, the journal is removed. Throws `EffectsError` `EXEC_TIMEOUT` when a command does not end (nothing was
 * taken back then, since it may still write), or the signal's reason.
 */
export async function undoAll(
  store: JournalStore,
  inverses: Inverses,
  { log = silentLogger, signal }: UndoOptions = {},
): Promise<UndoReport> {
  const record = recorder(store, log);
  const undo: Undo = { inverses, log, signal, record, childObserver: observeChildren(record) };
  signal?.throwIfAborted();
  if (store.state.committed) await record({ committed: false });
  await endChildren(store, undo);
  const undone: JournalEntry[] = [];
  const failures: UndoFailure[] = [];
  for (const entry of store.state.entries.toReversed()) {
    if (entry.state === 'undone') continue;
    signal?.throwIfAborted();
    const failure = await undoEntry(entry, undo);
    if (failure) failures.push(failure);
    else undone.push(entry);
  }
  if (failures.length === 0) await store.remove();
  return { undone, failures };
}

interface Undo extends InverseOptions {
  readonly inverses: Inverses;
  readonly log: Logger;
  readonly record: (one: JournalRecord) => Promise<void>;
}

/** A full disk must not keep anybody from making room: inverses are idempotent, so an unrecorded one only runs again. */
function recorder(store: JournalStore, log: Logger): Undo['record'] {
  return async (one) => {
    try {
      await store.append(one);
    } catch (error) {
      if (error instanceof EffectsError) throw error;
      log.warn('the undo goes on without its record', { id: store.state.id, error: textOf(error) });
    }
  };
}

async function endChildren({ state }: JournalStore, { log, record }: Undo): Promise<void> {
  for (const child of state.children) {
    if (await endChild(child)) log.info('ended a command that had outlived its caller', { ...child });
    await record({ ended: child });
  }
}

async function undoEntry(entry: JournalEntry, undo: Undo): Promise<UndoFailure | undefined> {
  const { seq, kind, data } = entry;
  const { inverses, log, signal, childObserver, record } = undo;
  try {
    await inverseOf(kind, inverses)(data, { signal, childObserver });
  } catch (error) {
    signal?.throwIfAborted();
    const failure = textOf(error);
    log.warn('an act could not be taken back', { kind, failure });
    // The same text again would only make the journal of a lasting failure longer with each try.
    if (entry.failure !== failure) await record({ failed: seq, failure });
    return { entry, error };
  }
  await record({ undone: seq });
  log.debug('took an act back', { kind });
  return undefined;
}

function inverseOf(kind: string, inverses: Inverses): Inverse {
  const inverse = Object.hasOwn(inverses, kind) ? inverses[kind] : undefined;
  if (inverse) return inverse;
  throw new EffectsError('INVERSE_MISSING', `Nothing here takes an act of the kind "${kind}" back`, { kind });
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, FAILURE_CHARACTERS);
}

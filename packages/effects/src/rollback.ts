import { type ChildObserver, observeChildren } from './child-observer.ts';
import { EffectsError } from './errors.ts';
import type { JournalRecord, JournalState } from './journal.ts';
import type { JournalStore } from './journal-store.ts';
import { type Json, toPlainJson } from './json.ts';
import { type Inverses, undoAll, type UndoOptions, type UndoReport } from './undo.ts';

/**
 * A piece of work that either stays whole or is taken back. It ends by `commit` or `undo`. Leaving its scope with
 * `await using` only lets go of the journal, which whoever cleans up next takes back: an undo has failures to report, and
 * leaving a scope has no place to report them.
 */
export interface Rollback extends AsyncDisposable {
  readonly id: string;
  /** What the journal says so far. */
  readonly state: JournalState;
  /**
   * Writes down that something is about to happen and what taking it back needs, lets it happen, writes down that it has.
   * Answers what `run` answers; an error of `run` passes through, and the act counts among those to take back. Throws
   * `EffectsError` `INVALID_DATA` for data that is not plain JSON or holds a `Secret`, `JOURNAL_CLOSED`, or the reason of
   * the rollback's signal; nothing has happened then.
   */
  act<T>(kind: string, data: Json, run: () => Promise<T>): Promise<T>;
  /** For `hostExec`: commands that run stand in the journal. Does nothing once the rollback has ended. */
  readonly childObserver: ChildObserver;
  /**
   * Everything is as it should be: the journal is kept for a later `undoJournal`. Waits for acts under way. Throws
   * `EffectsError` `JOURNAL_CLOSED` or what the file system says; `undo` still works then.
   */
  commit(): Promise<void>;
  /**
   * Takes back what was done, last first. Waits for acts under way, so it must not be called inside one. Without failures the
   * journal is gone; otherwise it stays for `undoJournal`. Throws `EffectsError` `EXEC_TIMEOUT` when a command does not
   * end, `JOURNAL_CLOSED`, or the reason of the given signal; the journal stays then, too.
   */
  undo(inverses: Inverses, options?: UndoOptions): Promise<UndoReport>;
}

/** A rollback over a journal that is owned and has no acts yet. No act begins once `signal` is aborted. */
export function rollbackOn(store: JournalStore, signal?: AbortSignal): Rollback {
  const underWay = new Set<Promise<unknown>>();
  let phase: 'open' | 'ending' | 'closed' = 'open';
  let acts = 0;
  const assertOpen = () => {
    if (phase !== 'open') throw closed(store.state.id);
  };
  const beginEnd = async () => {
    assertOpen();
    phase = 'ending';
    await Promise.allSettled(underWay);
  };
  const recordChild = async (record: JournalRecord) => {
    if (phase === 'closed') return;
    await store.append(record).catch((error: unknown) => {
      // An undo needs its commands on a full disk, too.
      if (phase === 'open') throw error;
    });
  };
  const close = async () => {
    phase = 'closed';
    await store.close();
  };
  return {
    id: store.state.id,
    get state() {
      return store.state;
    },
    async act(kind, data, run) {
      signal?.throwIfAborted();
      assertOpen();
      const intent = { intent: ++acts, kind, data: toPlainJson(`The data of "${kind}"`, data) };
      const acting = perform(store, intent, run);
      underWay.add(acting);
      return acting.finally(() => underWay.delete(acting));
    },
    childObserver: observeChildren(recordChild),
    async commit() {
      await beginEnd();
      try {
        await store.append({ committed: true });
      } catch (error) {
        phase = 'open';
        throw error;
      }
      await close();
    },
    async undo(inverses, options) {
      await beginEnd();
      try {
        return await undoAll(store, inverses, options);
      } finally {
        await close();
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

type Intent = Extract<JournalRecord, { readonly intent: number }>;

async function perform<T>(store: JournalStore, intent: Intent, run: () => Promise<T>): Promise<T> {
  await store.append(intent);
  const result = await run();
  await store.append({ done: intent.intent });
  return result;
}

function closed(id: string): EffectsError {
  return new EffectsError('JOURNAL_CLOSED', `The rollback "${id}" has ended; nothing can be added to it`, { id });
}

import { open } from 'node:fs/promises';
import { EffectsError } from './errors.ts';
import { isFileAt, lockFile } from './flock.ts';
import { journalFile } from './journal-file.ts';
import type { JournalStore } from './journal-store.ts';
import { parseJournal } from './journal-text.ts';
import { type JournalLocation, journalPath, notFound } from './journals.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { type Inverses, undoAll, type UndoOptions, type UndoReport } from './undo.ts';

export interface UndoJournalOptions extends JournalLocation, UndoOptions {
  readonly inverses: Inverses;
  /**
   * Leaves a committed journal alone. Whoever collects what crashes left sets it: the owner may commit in the moment between a
   * look at the journal and its undo.
   */
  readonly onlyUncommitted?: boolean;
}

/**
 * Takes back all that stands in a journal whose owner is gone: first marks it as no longer committed, then ends commands that
 * still run, then undoes the acts, last first, and removes the journal if nothing failed. Can be repeated after any failure,
 * and after the death of a process that was at it. Throws `EffectsError` `LOCK_HELD` (another process works under this
 * journal), `JOURNAL_NOT_FOUND`, `JOURNAL_COMMITTED`, `JOURNAL_CORRUPT` (the file is left alone), `LOCK_UNUSABLE`,
 * `INVALID_NAME`, `EXEC_TIMEOUT` (a command does not end; nothing was taken back), or the signal's reason.
 */
export async function undoJournal(options: UndoJournalOptions): Promise<UndoReport> {
  const store = await openStore(options);
  try {
    if (options.onlyUncommitted && store.state.committed) throw committed(options);
    return await undoAll(store, options.inverses, options);
  } finally {
    await store.close();
  }
}

async function openStore(options: UndoJournalOptions): Promise<JournalStore> {
  const { id, directory, signal } = options;
  const path = journalPath(options);
  signal?.throwIfAborted();
  const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? notFound(options) : error;
  });
  try {
    await makePrivateDirectory(directory);
    await lockFile(file, path, { wait: false, signal });
    // Its last owner may have removed it in the meantime.
    if (!(await isFileAt(file, path))) throw notFound(options);
    return journalFile(file, path, parseJournal(id, path, await file.readFile()));
  } catch (error) {
    await file.close();
    throw error;
  }
}

function committed({ directory, id }: UndoJournalOptions): EffectsError {
  const message = `The journal "${id}" in "${directory}" is committed; only an uncommitted one was to be undone`;
  return new EffectsError('JOURNAL_COMMITTED', message, { id, directory });
}

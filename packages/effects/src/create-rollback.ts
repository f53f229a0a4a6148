import { type FileHandle, open, rm } from 'node:fs/promises';
import { type Clock, systemClock } from './clock.ts';
import { EffectsError } from './errors.ts';
import { isFileAt, lockFile } from './flock.ts';
import { emptyJournal, type JournalRecord } from './journal.ts';
import { journalFile } from './journal-file.ts';
import type { JournalStore } from './journal-store.ts';
import { type JournalLocation, journalPath } from './journals.ts';
import { type Json, toPlainJson } from './json.ts';
import { makePrivateDirectory, syncDirectory } from './private-directory.ts';
import { type Rollback, rollbackOn } from './rollback.ts';

export interface CreateRollbackOptions extends JournalLocation {
  /** What the journal is about, for whoever reads it later. */
  readonly header: Json;
  readonly clock?: Clock;
  /** No act begins once it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Begins a piece of work under a new journal `<directory>/<id>.jsonl`, which belongs to this process until the work ends or
 * the process does. Throws `EffectsError` `JOURNAL_EXISTS`, `INVALID_NAME`, `INVALID_DATA` (see {@link Rollback.act}),
 * `LOCK_UNUSABLE`, or the signal's reason; errors of the file system pass through.
 */
export async function createRollback(options: CreateRollbackOptions): Promise<Rollback> {
  const { directory, id, clock = systemClock, signal } = options;
  const path = journalPath(options);
  const header = toPlainJson('The header of a journal', options.header);
  signal?.throwIfAborted();
  await makePrivateDirectory(directory);
  for (;;) {
    const file = await createLocked(path, id, signal);
    // Between its creation and its lock, somebody who cleans up may have taken the file for a dead one and removed it.
    if (!file) continue;
    const store = journalFile(file, path, { state: emptyJournal(id, false), wholeBytes: 0 });
    await begin(store, { journal: 1, id, createdAt: new Date(clock.now()).toISOString(), header }, directory);
    return rollbackOn(store, signal);
  }
}

async function createLocked(path: string, id: string, signal?: AbortSignal): Promise<FileHandle | undefined> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? exists(path, id) : error;
  });
  try {
    await lockFile(file, path, { signal });
    if (await isFileAt(file, path)) return file;
  } catch (error) {
    // Nothing stands in it; what cannot be removed goes when somebody cleans up.
    if (await isFileAt(file, path).catch(() => false)) await rm(path, { force: true }).catch(() => {});
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

async function begin(store: JournalStore, first: JournalRecord, directory: string): Promise<void> {
  try {
    await store.append(first);
    await syncDirectory(directory);
  } catch (error) {
    // What cannot be removed has no acts, and goes when somebody cleans up.
    await store.remove().catch(() => {});
    throw error;
  }
}

function exists(path: string, id: string): EffectsError {
  return new EffectsError('JOURNAL_EXISTS', `There is a journal "${path}" already; undo it or choose another id`, {
    id,
    path,
  });
}

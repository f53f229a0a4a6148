import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectsError } from './errors.ts';
import { checkFileName } from './file-name.ts';
import type { JournalState } from './journal.ts';
import { parseJournal } from './journal-text.ts';

export interface JournalLocation {
  /** Local to the host; made with mode 0700 when missing. */
  readonly directory: string;
  /** One part of a path: letters, digits, dots, dashes, underscores. */
  readonly id: string;
}

const SUFFIX = '.jsonl';

/** Ids of all journals of a directory, in order; none when there is no directory. */
export async function listJournals(
  directory: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  signal?.throwIfAborted();
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.flatMap((name) => (name.endsWith(SUFFIX) ? [name.slice(0, -SUFFIX.length)] : [])).sort();
}

/**
 * What a journal says at this moment; its owner may be writing. Throws `EffectsError` `JOURNAL_NOT_FOUND`,
 * `JOURNAL_CORRUPT` (naming file and line), `INVALID_NAME`, or the signal's reason.
 */
export async function readJournal(
  location: JournalLocation & { signal?: AbortSignal | undefined },
): Promise<JournalState> {
  const { id, signal } = location;
  const path = journalPath(location);
  const bytes = await readFile(path, { signal }).catch((error: NodeJS.ErrnoException) => {
    signal?.throwIfAborted();
    throw error.code === 'ENOENT' ? notFound(location) : error;
  });
  return parseJournal(id, path, bytes).state;
}

/** Where a journal lies. Throws `EffectsError` `INVALID_NAME`. */
export function journalPath({ directory, id }: JournalLocation): string {
  return join(directory, `${checkFileName('The id of a journal', id)}${SUFFIX}`);
}

export function notFound({ directory, id }: JournalLocation): EffectsError {
  return new EffectsError('JOURNAL_NOT_FOUND', `There is no journal "${id}" in "${directory}"`, { id, directory });
}

import { type FileHandle, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EffectsError } from './errors.ts';
import { apply, type JournalRecord } from './journal.ts';
import type { JournalStore } from './journal-store.ts';
import { formatRecord, type ParsedJournal } from './journal-text.ts';
import { syncDirectory } from './private-directory.ts';

/** The store over a file that is open for writing and locked by us; it closes the file, which frees the lock. */
export function journalFile(file: FileHandle, path: string, parsed: ParsedJournal): JournalStore {
  const writer = recordWriter(file, parsed);
  let { state } = parsed;
  let last: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;

  const write = async (record: JournalRecord) => {
    await writer(formatRecord(record), isDurable(record));
    state = { ...apply(state, record), torn: false };
  };
  const close = async () => {
    await last;
    await file.close();
  };
  const remove = async () => {
    await last;
    try {
      // Removed while it is locked: whoever waits for this file finds that it is no longer the one at its path.
      await rm(path, { force: true });
      await syncDirectory(dirname(path));
    } finally {
      await file.close();
    }
  };
  return {
    get state() {
      return state;
    },
    append(record) {
      if (closing) return Promise.reject(closed(state.id, path));
      const written = last.then(() => write(record));
      last = written.catch(() => {});
      return written;
    },
    close: () => (closing ??= close()),
    remove: () => (closing ??= remove()),
  };
}

/** Commands do not survive what only a disk survives, so their records need to outlive this process and no more. */
function isDurable(record: JournalRecord): boolean {
  return !('child' in record || 'ended' in record);
}

/** Writes each line in whole or not at all: half a line in the middle would make the rest unreadable. */
function recordWriter(file: FileHandle, { wholeBytes, state }: ParsedJournal) {
  let size = wholeBytes;
  let mustTruncate = state.torn;
  return async (line: Uint8Array, durable: boolean) => {
    if (mustTruncate) await file.truncate(size);
    mustTruncate = true;
    try {
      await writeAll(file, line, size);
      if (durable) await file.datasync();
    } catch (error) {
      // Tried again before the next line in case it fails.
      await file.truncate(size).catch(() => {});
      throw error;
    }
    mustTruncate = false;
    size += line.length;
  };
}

async function writeAll(file: FileHandle, line: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < line.length; ) {
    written += (await file.write(line, written, line.length - written, position + written)).bytesWritten;
  }
}

function closed(id: string, path: string): EffectsError {
  return new EffectsError('JOURNAL_CLOSED', `Nothing can be added to "${path}": it is closed`, { id, path });
}

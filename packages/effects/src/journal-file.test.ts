import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostExec } from './host-exec.ts';
import { emptyJournal, type JournalRecord } from './journal.ts';
import { journalFile } from './journal-file.ts';
import { parseJournal } from './journal-text.ts';
import { rollbackOn } from './rollback.ts';
import { memoryLogger } from './testing/memory-logger.ts';
import type { Inverse } from './undo.ts';

let root: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'effects-file-'));
  path = join(root, 'one.jsonl');
});
afterEach(() => rm(root, { recursive: true }));

const first: JournalRecord = { journal: 1, id: 'one', createdAt: '2026-01-02T00:00:00.000Z', header: null };
const child = { pid: 4711, startTime: '1@boot', file: 'true' };
const read = async () => parseJournal('one', path, await readFile(path));

/** A disk with a switch: while it is full, half of what is written fits, and then nothing. */
async function openDisk() {
  const disk = { full: false, syncs: 0 };
  const file = await open(path, 'wx');
  const faulty: Partial<FileHandle> = {
    write: (async (bytes: Uint8Array, offset: number, length: number, position: number) => {
      if (!disk.full) return file.write(bytes, offset, length, position);
      if (length < 8) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      return file.write(bytes, offset, length >> 1, position);
    }) as FileHandle['write'],
    async datasync() {
      disk.syncs++;
      await file.datasync();
    },
    truncate: (length) => file.truncate(length),
    close: () => file.close(),
  };
  // The four methods are all that a journal uses of its file.
  const store = journalFile(faulty as unknown as FileHandle, path, {
    state: emptyJournal('one', false),
    wholeBytes: 0,
  });
  await store.append(first);
  return { disk, store };
}

test('a record that does not fit is not kept, nor half of it, and the next one is', async () => {
  const { disk, store } = await openDisk();
  disk.full = true;
  await expect(store.append({ intent: 1, kind: 'thing', data: 'x'.repeat(100) })).rejects.toThrow('no space left');
  expect((await read()).state).toEqual(store.state);
  disk.full = false;
  await store.append({ intent: 2, kind: 'thing', data: 'y' });
  expect((await read()).state.entries).toEqual([{ seq: 2, kind: 'thing', data: 'y', state: 'intent' }]);
  await store.close();
});

test('records of acts reach the disk before anybody goes on, those of commands need not', async () => {
  const { disk, store } = await openDisk();
  expect(disk.syncs).toBe(1);
  await store.append({ intent: 1, kind: 'thing', data: 'y' });
  expect(disk.syncs).toBe(2);
  await store.append({ child });
  await store.append({ ended: child });
  expect(disk.syncs).toBe(2);
  expect((await read()).state).toEqual(store.state);
  await store.close();
});

test('records that are written together are written one after the other', async () => {
  const { store } = await openDisk();
  const seqs = Array.from({ length: 20 }, (_, index) => index + 1);
  await Promise.all(seqs.map((intent) => store.append({ intent, kind: 'thing', data: 'z'.repeat(intent) })));
  await store.close();
  expect((await read()).state.entries.map(({ seq }) => seq)).toEqual(seqs);
  await expect(store.append({ done: 1 })).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' });
});

test('on a full disk no act begins, a commit fails, and everything can be taken back', async () => {
  const { disk, store } = await openDisk();
  const rollback = rollbackOn(store);
  await rollback.act('thing', 'a', async () => {});
  disk.full = true;
  let ran = false;
  const refused = rollback.act('thing', 'b', async () => {
    ran = true;
  });
  await expect(refused).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(ran).toBe(false);
  await expect(rollback.commit()).rejects.toMatchObject({ code: 'ENOSPC' });
  const undone: unknown[] = [];
  const log = memoryLogger();
  const thing: Inverse = async (data, { childObserver }) => {
    for (const observer of [childObserver, rollback.childObserver]) await hostExec(observer)('sleep', ['0.1']);
    undone.push(data);
  };
  await expect(hostExec(rollback.childObserver)('sleep', ['60'])).rejects.toMatchObject({ code: 'ENOSPC' });
  const { failures } = await rollback.undo({ thing }, { log });
  expect(undone).toEqual(['a']);
  expect(failures).toEqual([]);
  expect(log.entries.map(({ message }) => message)).toContain('the undo goes on without its record');
  await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRollback, hostExec } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isJournalOwned } from './journal-owner.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawner-owner-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('isJournalOwned tells a living owner from a journal that was let go, and makes no file', async () => {
  const host = { exec: hostExec({}) };
  const journal = { directory, id: 'one' };
  expect(await isJournalOwned(host, journal)).toBe(false);
  expect(await readdir(directory)).toEqual([]);
  const rollback = await createRollback({ ...journal, header: null });
  expect(await isJournalOwned(host, journal)).toBe(true);
  await rollback.commit();
  expect(await isJournalOwned(host, journal)).toBe(false);
});

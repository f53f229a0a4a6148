import { expect, test } from 'vitest';
import type { Rollback } from '../rollback.ts';
import { memoryRollback } from './memory-rollback.ts';

const work = async (rollback: Rollback) => {
  await rollback.act('file', { path: '/a' }, async () => {});
  await rollback.act('file', { path: '/b' }, () => Promise.reject(new Error('no')));
};

test('a rollback in memory tells which acts happened and takes them back', async () => {
  const rollback = memoryRollback({ id: 'one', header: { name: 'web' } });
  await expect(work(rollback)).rejects.toThrow('no');
  expect(rollback.state).toMatchObject({ id: 'one', header: { name: 'web' }, committed: false });
  expect(rollback.state.entries).toEqual([
    { seq: 1, kind: 'file', data: { path: '/a' }, state: 'done' },
    { seq: 2, kind: 'file', data: { path: '/b' }, state: 'intent' },
  ]);
  const undone: unknown[] = [];
  await rollback.undo({ file: async (data) => void undone.push(data) });
  expect(undone).toEqual([{ path: '/b' }, { path: '/a' }]);
  expect(rollback.state.entries.map(({ state }) => state)).toEqual(['undone', 'undone']);
});

test('a rollback in memory can be committed and is closed then', async () => {
  const rollback = memoryRollback();
  await rollback.commit();
  expect(rollback.state.committed).toBe(true);
  await expect(work(rollback)).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' });
});

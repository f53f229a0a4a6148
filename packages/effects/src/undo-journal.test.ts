import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Child, identifyChild } from './child.ts';
import { createRollback } from './create-rollback.ts';
import { hostExec } from './host-exec.ts';
import { listJournals, readJournal } from './journals.ts';
import { readStat } from './process-group.ts';
import { memoryLogger } from './testing/memory-logger.ts';
import { undoJournal } from './undo-journal.ts';

let root: string;
let directory: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'effects-undo-'));
  directory = join(root, 'journal');
  await mkdir(directory, { mode: 0o700 });
});
afterEach(() => rm(root, { recursive: true }));

const id = 'one';
const path = () => join(directory, `${id}.jsonl`);
const header = { journal: 1, id, createdAt: '2026-01-02T00:00:00.000Z', header: null };
const intent = { intent: 1, kind: 'thing', data: 'a' };
const write = (...records: readonly unknown[]) =>
  writeFile(path(), records.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join(''));

async function startSleep(): Promise<Child> {
  const command = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  await once(command, 'spawn');
  const child = identifyChild(command.pid ?? 0, 'sleep');
  if (!child) throw new Error('sleep ended at once');
  return child;
}

test('a command that outlived its caller is ended before anything is undone', async () => {
  const child = await startSleep();
  const rollback = await createRollback({ directory, id, header: null });
  await rollback.act('thing', 'a', () => rollback.childObserver.onChild(child) as Promise<void>);
  await rollback[Symbol.asyncDispose]();
  const alive: boolean[] = [];
  const log = memoryLogger();
  const thing = async () => void alive.push(readStat(child.pid)?.alive === true);
  const { undone } = await undoJournal({ directory, id, inverses: { thing }, log });
  expect(undone).toHaveLength(1);
  expect(alive).toEqual([false]);
  expect(log.entries).toContainEqual({
    level: 'info',
    message: 'ended a command that had outlived its caller',
    fields: { ...child },
  });
});

test('a process that merely has the pid of a recorded command is left alone', async () => {
  const child = await startSleep();
  await write(header, intent, { child: { ...child, startTime: '1@another-boot' } });
  await undoJournal({ directory, id, inverses: { thing: async () => {} } });
  expect(readStat(child.pid)?.alive).toBe(true);
  process.kill(child.pid, 'SIGKILL');
});

test('commands of an inverse stand in the journal while they run', async () => {
  await write(header, intent);
  let during: readonly Child[] = [];
  await undoJournal({
    directory,
    id,
    inverses: {
      async thing(_, { childObserver }) {
        const onChild = async (child: Child) => {
          await childObserver.onChild(child);
          during = (await readJournal({ directory, id })).children;
        };
        await hostExec({ ...childObserver, onChild })('sleep', ['0.3']);
      },
    },
  });
  expect(during).toMatchObject([{ file: 'sleep' }]);
});

test('an undo marks a committed journal as no longer whole before it takes anything back', async () => {
  await write(header, intent, { done: 1 }, { committed: true });
  const seen: boolean[] = [];
  const thing = async () => {
    seen.push((await readJournal({ directory, id })).committed);
    throw new Error('not yet');
  };
  const { failures } = await undoJournal({ directory, id, inverses: { thing } });
  expect(failures).toHaveLength(1);
  expect(seen).toEqual([false]);
  expect(await readJournal({ directory, id })).toMatchObject({ committed: false, entries: [{ failure: 'not yet' }] });
});

test('a committed journal is left alone by whoever wants uncommitted ones only', async () => {
  await write(header, intent, { done: 1 }, { committed: true });
  const before = await readFile(path());
  const refused = undoJournal({ directory, id, inverses: {}, onlyUncommitted: true });
  await expect(refused).rejects.toMatchObject({ code: 'JOURNAL_COMMITTED' });
  expect(await readFile(path())).toEqual(before);
});

test('a kind that nobody can take back is a failure, and the others go on', async () => {
  await write(header, intent, { intent: 2, kind: 'constructor', data: 1 });
  const { undone, failures } = await undoJournal({ directory, id, inverses: { thing: async () => {} } });
  expect(undone).toMatchObject([{ kind: 'thing' }]);
  expect(failures).toMatchObject([{ entry: { kind: 'constructor' }, error: { code: 'INVERSE_MISSING' } }]);
  expect((await readJournal({ directory, id })).entries).toMatchObject([{ state: 'undone' }, { state: 'intent' }]);
});

test.each(['', '{"journal":1,"id":"one","crea'])(
  'a journal whose first record is torn (%j) is removed',
  async (text) => {
    await writeFile(path(), text);
    expect(await readJournal({ directory, id })).toMatchObject({ createdAt: '', header: null, entries: [] });
    expect(await undoJournal({ directory, id, inverses: {} })).toEqual({ undone: [], failures: [] });
    expect(await readdir(directory)).toEqual([]);
  },
);

test('a torn last record does not count, and what is written next takes its place', async () => {
  await write(header, intent);
  await writeFile(path(), '{"intent":2,"kind":"thing","data":"a longer text than the records of the undo have"', {
    flag: 'a',
  });
  const calls: unknown[] = [];
  const thing = async (data: unknown) => {
    calls.push(data);
    throw new Error('no');
  };
  await undoJournal({ directory, id, inverses: { thing } });
  expect(calls).toEqual(['a']);
  expect((await readFile(path(), 'utf8')).split('\n').slice(2)).toEqual([
    JSON.stringify({ failed: 1, failure: 'no' }),
    '',
  ]);
});

test('a corrupt journal is named with its line, left as it is, and can be owned again', async () => {
  await write(header, 'what is this', intent);
  const before = await readFile(path());
  const corrupt = { code: 'JOURNAL_CORRUPT', context: { id, path: path(), line: 2 } };
  await expect(readJournal({ directory, id })).rejects.toMatchObject(corrupt);
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(undoJournal({ directory, id, inverses: {} })).rejects.toMatchObject(corrupt);
  }
  expect(await readFile(path())).toEqual(before);
});

test('two who undo one journal do not do so together', async () => {
  await write(header, intent);
  let inside = 0;
  let most = 0;
  const thing = async () => {
    most = Math.max(most, ++inside);
    await hostExec()('sleep', ['0.2']);
    inside--;
  };
  const all = Array.from({ length: 4 }, () => undoJournal({ directory, id, inverses: { thing } }));
  const codes = (await Promise.allSettled(all)).map((one) =>
    one.status === 'fulfilled' ? 'undone' : (one.reason as { code: string }).code,
  );
  expect(codes.filter((code) => code === 'undone')).toHaveLength(1);
  expect(codes.filter((code) => code !== 'undone')).toSatisfy((others: string[]) =>
    others.every((code) => code === 'LOCK_HELD' || code === 'JOURNAL_NOT_FOUND'),
  );
  expect(most).toBe(1);
});

test('listJournals knows the ids, and nothing of a directory that is not there', async () => {
  for (const name of ['b.jsonl', 'a.jsonl', 'c.lock', '.d.jsonl.swp']) await writeFile(join(directory, name), '');
  expect(await listJournals(directory)).toEqual(['a', 'b']);
  expect(await listJournals(join(root, 'missing'))).toEqual([]);
});

test('a journal that is not there, a strange name, an aborted signal and an open directory are refused', async () => {
  const undo = { directory, id, inverses: {} };
  await expect(undoJournal(undo)).rejects.toMatchObject({ code: 'JOURNAL_NOT_FOUND', context: { id, directory } });
  await expect(readJournal(undo)).rejects.toMatchObject({ code: 'JOURNAL_NOT_FOUND' });
  await expect(undoJournal({ ...undo, id: '../x' })).rejects.toMatchObject({ code: 'INVALID_NAME' });
  await expect(readJournal({ directory, id: '../x' })).rejects.toMatchObject({ code: 'INVALID_NAME' });
  const signal = AbortSignal.abort(new Error('enough'));
  await write(header, intent);
  await expect(undoJournal({ ...undo, signal })).rejects.toThrow('enough');
  await expect(readJournal({ ...undo, signal })).rejects.toThrow('enough');
  await chmod(directory, 0o777);
  await expect(undoJournal(undo)).rejects.toMatchObject({ code: 'LOCK_UNUSABLE' });
});

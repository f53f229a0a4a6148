import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRollback } from './create-rollback.ts';
import { hostExec } from './host-exec.ts';
import { listJournals, readJournal } from './journals.ts';
import type { Json } from './json.ts';
import { Secret } from './secret.ts';
import { manualClock } from './testing/manual-clock.ts';
import type { Inverses } from './undo.ts';
import { undoJournal } from './undo-journal.ts';

let root: string;
let directory: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'effects-rollback-'));
  directory = join(root, 'state/journal');
});
afterEach(() => rm(root, { recursive: true }));

const id = '6d5f2a3e-8c0b-4f6e-9a51-2f4d3b1c0a99';
const start = (more: { signal?: AbortSignal } = {}) =>
  createRollback({ directory, id, header: { name: 'web' }, ...more });
const lines = async () =>
  (await readFile(join(directory, `${id}.jsonl`), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);

/** Inverses that write down what they were called with; each text fails as often as its number says. */
function tracing(failures: Record<string, number> = {}): { readonly calls: Json[]; readonly inverses: Inverses } {
  const calls: Json[] = [];
  const left = new Map<Json, number>(Object.entries(failures));
  const thing = async (data: Json) => {
    calls.push(data);
    const times = left.get(data) ?? 0;
    left.set(data, times - 1);
    if (times > 0) throw new Error(`${JSON.stringify(data)} cannot be undone yet`);
  };
  return { calls, inverses: { thing } };
}

test('an act stands in the journal before it happens and after, and a committed journal stays', async () => {
  const clock = manualClock(Date.UTC(2026, 0, 2));
  const rollback = await createRollback({ directory, id, header: { name: 'web' }, clock });
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, `${id}.jsonl`))).mode & 0o777).toBe(0o600);
  const seen = await rollback.act('thing', { at: [1] }, async () => (await readJournal({ directory, id })).entries);
  expect(seen).toEqual([{ seq: 1, kind: 'thing', data: { at: [1] }, state: 'intent' }]);
  expect(rollback.state.entries).toEqual([{ seq: 1, kind: 'thing', data: { at: [1] }, state: 'done' }]);
  await rollback.commit();
  expect(await lines()).toEqual([
    { journal: 1, id, createdAt: '2026-01-02T00:00:00.000Z', header: { name: 'web' } },
    { intent: 1, kind: 'thing', data: { at: [1] } },
    { done: 1 },
    { committed: true },
  ]);
  expect(await listJournals(directory)).toEqual([id]);
  expect(await readJournal({ directory, id })).toEqual(rollback.state);
  expect(await readdir(directory)).toEqual([`${id}.jsonl`]);
});

test('undo takes acts back, last first, those that failed in part included, and removes the journal', async () => {
  const rollback = await start();
  await rollback.act('thing', 'a', async () => {});
  const problem = new Error('no');
  await expect(rollback.act('thing', 'b', () => Promise.reject(problem))).rejects.toBe(problem);
  const { calls, inverses } = tracing();
  const report = await rollback.undo(inverses);
  expect(calls).toEqual(['b', 'a']);
  expect(report.failures).toEqual([]);
  expect(report.undone.map(({ data, state }) => [data, state])).toEqual([
    ['b', 'intent'],
    ['a', 'done'],
  ]);
  expect(await readdir(directory)).toEqual([]);
});

test('what cannot be taken back is reported and kept, the rest goes on, and the next undo ends it', async () => {
  const rollback = await start();
  for (const data of ['a', 'b', 'c']) await rollback.act('thing', data, async () => {});
  const { calls, inverses } = tracing({ b: 2 });
  const report = await rollback.undo(inverses);
  expect(report.undone.map(({ data }) => data)).toEqual(['c', 'a']);
  expect(report.failures).toMatchObject([{ entry: { seq: 2 }, error: { message: '"b" cannot be undone yet' } }]);
  const failure = { seq: 2, kind: 'thing', data: 'b', state: 'done', failure: '"b" cannot be undone yet' };
  expect((await readJournal({ directory, id })).entries[1]).toEqual(failure);
  const before = await lines();
  expect((await undoJournal({ directory, id, inverses })).failures).toMatchObject([{ entry: failure }]);
  expect(await lines(), 'the same failure is not written twice').toEqual(before);
  expect(await undoJournal({ directory, id, inverses })).toEqual({ undone: [failure], failures: [] });
  expect(calls).toEqual(['c', 'b', 'a', 'b', 'b']);
  expect(await readdir(directory)).toEqual([]);
});

test('a fault at every act leaves nothing of those before it', async () => {
  for (let broken = 1; broken <= 4; broken++) {
    const rollback = await start();
    const things = new Set<Json>(['there before']);
    const inverses: Inverses = { thing: async (data) => void things.delete(data) };
    const work = async () => {
      for (let act = 1; act <= 4; act++) {
        await rollback.act('thing', act, async () => {
          things.add(act);
          if (act === broken) throw new Error(`act ${act} failed`);
        });
      }
    };
    await expect(work()).rejects.toThrow(`act ${broken} failed`);
    expect((await rollback.undo(inverses)).undone).toHaveLength(broken);
    expect([...things]).toEqual(['there before']);
  }
});

test('undo and commit wait for acts under way; acts that run together are told apart', async () => {
  const rollback = await start();
  const { calls, inverses } = tracing();
  const failed = rollback.act('thing', 'quick', () => Promise.reject(new Error('quick')));
  const slow = rollback.act('thing', 'slow', async () => {
    await delay(100);
    calls.push('slow happened');
  });
  await expect(Promise.all([slow, failed])).rejects.toThrow('quick');
  const report = await rollback.undo(inverses);
  expect(calls).toEqual(['slow happened', 'slow', 'quick']);
  expect(report.undone.map(({ seq, state }) => [seq, state])).toEqual([
    [2, 'done'],
    [1, 'intent'],
  ]);
});

test('nothing is added once it has ended, and it ends once', async () => {
  const closed = { code: 'JOURNAL_CLOSED' };
  const rollback = await start();
  const committed = rollback.commit();
  await expect(rollback.undo({})).rejects.toMatchObject(closed);
  await committed;
  await expect(rollback.act('thing', 1, async () => {})).rejects.toMatchObject(closed);
  await expect(rollback.commit()).rejects.toMatchObject(closed);
  await hostExec(rollback.childObserver)('true', []);
  expect(await lines()).toHaveLength(2);
});

test('leaving the scope undoes nothing and lets go of the journal', async () => {
  const { calls, inverses } = tracing();
  {
    await using rollback = await start();
    await rollback.act('thing', 'a', async () => {});
    await expect(undoJournal({ directory, id, inverses })).rejects.toMatchObject({ code: 'LOCK_HELD' });
  }
  expect(calls).toEqual([]);
  await undoJournal({ directory, id, inverses });
  expect(calls).toEqual(['a']);
});

test('no act begins once the signal is aborted, and undo still works', async () => {
  const controller = new AbortController();
  const rollback = await start({ signal: controller.signal });
  await rollback.act('thing', 'a', async () => {});
  controller.abort(new Error('interrupted'));
  const { calls, inverses } = tracing();
  await expect(rollback.act('thing', 'b', async () => void calls.push('b'))).rejects.toThrow('interrupted');
  await rollback.undo(inverses);
  expect(calls).toEqual(['a']);
});

test('a rollback whose creation is aborted, at whatever moment, leaves no journal', async () => {
  for (let round = 0; round < 20; round++) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('interrupted')), round / 2);
    const created = await start({ signal: controller.signal }).catch((error: unknown) => error as Error);
    if (!(created instanceof Error)) await created.undo({});
    expect(await listJournals(directory), `aborted after ${round / 2} ms`).toEqual([]);
  }
});

test('an undo that is aborted stops between two acts, and the next goes on from there', async () => {
  const rollback = await start();
  for (const data of ['a', 'b', 'c']) await rollback.act('thing', data, async () => {});
  const controller = new AbortController();
  const inverses: Inverses = {
    thing: async (data, { signal }) => {
      if (data === 'b') controller.abort(new Error('interrupted'));
      signal?.throwIfAborted();
    },
  };
  await expect(rollback.undo(inverses, { signal: controller.signal })).rejects.toThrow('interrupted');
  const { calls, inverses: later } = tracing();
  await undoJournal({ directory, id, inverses: later });
  expect(calls).toEqual(['b', 'a']);
});

test('data is refused unless it can be read back, and secrets always, before anything happens', async () => {
  const secret = { password: new Secret('hunter2') } as unknown as Json; // what the types refuse comes by way of a cast
  await expect(createRollback({ directory, id, header: secret })).rejects.toMatchObject({ code: 'INVALID_DATA' });
  await expect(readdir(root)).resolves.toEqual([]);
  const rollback = await start();
  let ran = false;
  const refused = rollback.act('thing', secret, async () => {
    ran = true;
  });
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_DATA', message: /"thing".*"password" is a Secret/ });
  expect(ran).toBe(false);
  await rollback.commit();
  expect(JSON.stringify(await lines())).not.toMatch(/hunter2|\*\*\*/);
});

test('a second journal of one id is refused, and the first stays as it is', async () => {
  const rollback = await start();
  await expect(start()).rejects.toMatchObject({ code: 'JOURNAL_EXISTS', message: new RegExp(id) });
  await rollback.act('thing', 'a', async () => {});
  await rollback.commit();
  await expect(start()).rejects.toMatchObject({ code: 'JOURNAL_EXISTS' });
  expect((await readJournal({ directory, id })).committed).toBe(true);
});

test('a directory that others can write, or a name that leads elsewhere, is refused', async () => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await expect(createRollback({ directory, id: '../x', header: null })).rejects.toMatchObject({ code: 'INVALID_NAME' });
  await chmod(directory, 0o777);
  await expect(start()).rejects.toMatchObject({ code: 'LOCK_UNUSABLE' });
  expect(await readdir(directory)).toEqual([]);
});

test('commands stand in the journal while they run, and not after', async () => {
  const rollback = await start();
  const exec = hostExec(rollback.childObserver);
  const during = exec('sh', ['-c', 'read line; echo "$line"'], { input: 'x\n' });
  const { stdout } = await during;
  expect(stdout).toBe('x\n');
  const running = exec('sleep', ['60'], { timeoutMs: 300 });
  await delay(150);
  expect((await readJournal({ directory, id })).children).toMatchObject([{ file: 'sleep' }]);
  await expect(running).rejects.toMatchObject({ code: 'EXEC_TIMEOUT' });
  expect((await readJournal({ directory, id })).children).toEqual([]);
  await rollback.commit();
});

test('someone who takes the new journal for a dead one, before it is locked, does no harm', async () => {
  const stop = new AbortController();
  const cleaner = (async () => {
    while (!stop.signal.aborted) {
      await undoJournal({ directory, id, inverses: {} }).catch(() => {});
      await delay(1);
    }
  })();
  for (let round = 0; round < 30; round++) {
    const rollback = await start();
    await rollback.act('thing', round, async () => {});
    expect((await readJournal({ directory, id })).entries).toHaveLength(1);
    await rollback.undo({ thing: async () => {} });
  }
  stop.abort();
  await cleaner;
  expect(await readdir(directory)).toEqual([]);
});

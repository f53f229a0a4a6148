import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFile, fileAct, fileInverses } from '../test/file-acts.ts';
import { createRollback } from './create-rollback.ts';
import { EffectsError } from './errors.ts';
import { undoJournal } from './undo-journal.ts';

const id = 'work';
const script = join(import.meta.dirname, '../test/crashing-work.ts');
const timeout = 120_000;
const before = { taken: 'theirs' };
const whole = { one: 'ours', taken: 'theirs', two: 'ours' };

interface Host {
  readonly directory: string;
  readonly files: string;
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'effects-crash-'));
});
afterAll(() => rm(root, { recursive: true }));

describe.concurrent('a process that dies by SIGKILL at any moment', () => {
  test('of its work: all is committed and whole, or is taken back without a trace', { timeout }, async ({ expect }) => {
    const outcomes = new Set<string>();
    const moments = await sweep('commit', freshHost, async (host) => {
      const outcome = await cleanUp(host, { onlyUncommitted: true });
      outcomes.add(outcome);
      const committed = outcome === 'JOURNAL_COMMITTED';
      expect(await contents(host)).toEqual(committed ? whole : before);
      expect(await journals(host)).toEqual(committed ? [`${id}.jsonl`] : []);
    });
    expect(outcomes).toEqual(new Set(['JOURNAL_NOT_FOUND', 'undone', 'JOURNAL_COMMITTED']));
    expect(moments).toBeGreaterThan(50);
  });

  test('of the undo of failed work: the next undo leaves nothing', { timeout }, async ({ expect }) => {
    expect(await sweep('fail', freshHost, expectNothingLeft)).toBeGreaterThan(20);
  });

  test('of the undo of a committed journal: the next undo leaves nothing', { timeout }, async ({ expect }) => {
    expect(await sweep('undo', committedHost, expectNothingLeft)).toBeGreaterThan(20);
  });
});

/** Lets the work die at one moment after the other, each on a host of its own, until it lives; answers how many there were. */
async function sweep(
  work: string,
  prepare: (place: string) => Promise<Host>,
  check: (host: Host) => Promise<void>,
): Promise<number> {
  for (let moment = 1; ; moment++) {
    const host = await prepare(join(root, `${work}-${moment}`));
    const died = await diesAt(work, host, moment);
    try {
      await check(host);
    } catch (cause) {
      throw new Error(`"${work}" that ${died ? `died at moment ${moment}` : 'lived'} left a wrong state`, { cause });
    }
    if (!died) return moment - 1;
  }
}

/** A host as it was before, with a file of somebody else whose name the work wants, too. */
async function freshHost(place: string): Promise<Host> {
  const files = join(place, 'files');
  await mkdir(files, { recursive: true });
  await writeFile(join(files, 'taken'), 'theirs');
  return { directory: join(place, 'state/journal'), files };
}

async function committedHost(place: string): Promise<Host> {
  const { directory, files } = await freshHost(place);
  const rollback = await createRollback({ directory, id, header: null });
  for (const name of ['one', 'two']) {
    const data = fileAct(files, name, 'ours');
    await rollback.act('file', data, () => createFile(data));
  }
  await rollback.commit();
  return { directory, files };
}

/** False when the work was through before that moment. */
function diesAt(work: string, { directory, files }: Host, moment: number): Promise<boolean> {
  const args = ['--no-warnings', script, work, directory, files, String(moment)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { timeout: 20_000, killSignal: 'SIGTERM' }, (error) => {
      if (!error) resolve(false);
      else if (error.signal === 'SIGKILL') resolve(true);
      else reject(error);
    });
  });
}

async function expectNothingLeft(host: Host): Promise<void> {
  expect(await cleanUp(host)).toBeOneOf(['undone', 'JOURNAL_NOT_FOUND']);
  expect(await contents(host)).toEqual(before);
  expect(await journals(host)).toEqual([]);
}

/** `undone`, or why there was nothing to do. */
async function cleanUp({ directory }: Host, options: { onlyUncommitted?: boolean } = {}): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { failures } = await undoJournal({ directory, id, inverses: fileInverses(), ...options });
      expect(failures).toEqual([]);
      return 'undone';
    } catch (error) {
      if (!(error instanceof EffectsError)) throw error;
      // The kernel ends the holder of a dead process's lock a moment later.
      if (error.code !== 'LOCK_HELD' || attempt === 200) return error.code;
      await delay(10);
    }
  }
}

async function contents({ files }: Host): Promise<Record<string, string>> {
  const names = (await readdir(files)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(files, name), 'utf8')));
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']));
}

function journals({ directory }: Host): Promise<string[]> {
  return readdir(directory).catch(() => []);
}

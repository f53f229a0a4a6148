import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab } from '../integration/lab.ts';
import { openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';

/** A sweep that is not over by then has lost its way. */
const MOST_RECORDS = 60;
const SWEEP_MS = 900_000;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace(openLab());
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

/** What of an instance an operation that is taken back must leave as it was. */
interface Seen {
  readonly state: string;
  readonly rescued: boolean;
  readonly disks: unknown;
  readonly files: readonly string[];
  /** Another root disk is another file. */
  readonly root: number;
  readonly definition: string;
}

async function look(name: string): Promise<Seen> {
  const shown = JSON.parse((await run('show', name, '--json')).stdout) as Seen & { readonly instancePath: string };
  const { state, rescued, disks, instancePath } = shown;
  const files = (await readdir(instancePath)).sort();
  const definition = (await run('xml', name, '--inactive')).stdout;
  return { state, rescued, disks, files, root: (await stat(join(instancePath, 'disk'))).ino, definition };
}

async function run(...args: readonly string[]) {
  const result = await workspace.cli(args);
  expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
  return result;
}

async function lives(args: readonly string[], record: number, moment: string): Promise<boolean> {
  const { code, signal, stderr } = await workspace.cli(args, {
    nodeArgs: ['--import', join(import.meta.dirname, '../integration/kill-at.mjs')],
    env: { SPAWNKIT_KILL_AT: `${record} ${moment}` },
  });
  if (signal === 'SIGKILL') return false;
  expect(code, stderr).toBe(0);
  return true;
}

interface Sweep {
  readonly operation: readonly string[];
  readonly moment: string;
  /** Whether the instance is as the operation wants it. */
  readonly isDone: (seen: Seen, before: Seen) => boolean;
  /** Back to where the operation can begin again. */
  readonly reverse: (name: string) => Promise<unknown>;
}

/** Kills an operation at record 1, 2, … until it lives; after each, `gc` leaves the instance as before or as wanted. */
async function sweep(name: string, { operation, moment, isDone, reverse }: Sweep): Promise<number> {
  for (let record = 1; record < MOST_RECORDS; record++) {
    const before = await look(name);
    const alive = await lives([...operation, name, '--force'], record, moment);
    await run('gc');
    const after = await look(name);
    if (isDone(after, before)) await reverse(name);
    else expect(after, `killed ${moment} record ${record}`).toEqual(before);
    expect(await readdir(join(workspace.settings.statePath, 'operations'))).toEqual([]);
    expect(after.files.filter((one) => one.startsWith('before.') || one.startsWith('.'))).toEqual([]);
    if (alive) return record - 1;
  }
  return expect.unreachable(`more than ${MOST_RECORDS} records`);
}

async function launched(what: string): Promise<string> {
  const spec = await workspace.spec(uniqueName(what), 'networks: [{ network: spawnkit }]');
  await run('launch', spec);
  return basename(spec, '.yaml');
}

test.each(['before', 'after'])(
  'a rescue that dies %s any record of its journal is taken back or whole',
  async (moment) => {
    const name = await launched(`rescue-${moment}`);
    const records = await sweep(name, {
      operation: ['rescue'],
      moment,
      isDone: ({ rescued }) => rescued,
      reverse: () => run('unrescue', name, '--force'),
    });
    // The first, two for each of four acts, and that all is well; beside them those of commands.
    expect(records).toBeGreaterThanOrEqual(10);
    await run('delete', name);
  },
  SWEEP_MS,
);

test.each(['after'])(
  'an unrescue that dies %s any record of its journal is taken back or whole',
  async (moment) => {
    const name = await launched(`unrescue-${moment}`);
    await run('rescue', name, '--force');
    const records = await sweep(name, {
      operation: ['unrescue'],
      moment,
      isDone: ({ rescued }) => !rescued,
      reverse: () => run('rescue', name, '--force'),
    });
    expect(records).toBeGreaterThanOrEqual(8);
    await run('delete', name);
  },
  SWEEP_MS,
);

test.each(['before', 'torn', 'after'])(
  'a rebuild that dies %s any record of its journal is taken back or whole',
  async (moment) => {
    const name = await launched(`rebuild-${moment}`);
    const records = await sweep(name, {
      operation: ['rebuild'],
      moment,
      isDone: (seen, before) => seen.root !== before.root,
      reverse: async () => {},
    });
    expect(records).toBeGreaterThanOrEqual(10);
    await run('delete', name);
  },
  SWEEP_MS,
);

test('an instance with an interrupted operation can be deleted', async () => {
  const name = await launched('doomed');
  expect(await lives(['rebuild', name, '--force'], 5, 'after')).toBe(false);
  await run('delete', name);
  expect(await readdir(join(workspace.settings.statePath, 'operations'))).toEqual([]);
  expect(await readdir(join(workspace.settings.statePath, 'journal'))).toEqual([]);
});

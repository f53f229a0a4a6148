import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab } from './lab.ts';
import { type HostSnapshot, takeSnapshot } from './snapshot.ts';
import { openWorkspace, uniqueName, type Workspace } from './workspace.ts';

/** A sweep that is not over by then has lost its way. */
const MOST_RECORDS = 80;
const SWEEP_MS = 900_000;

let workspace: Workspace;
let clean: HostSnapshot;

beforeAll(async () => {
  workspace = await openWorkspace(openLab());
  // Fills the cache and makes the directories that are kept.
  const spec = await specification('warm');
  await launch(spec);
  await removeAll();
  clean = takeSnapshot(workspace);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

test.each(['before', 'torn', 'after'])(
  'a spawn that dies %s any record of its journal is taken back by gc, and nothing of it is left',
  async (moment) => {
    const spec = await specification(moment);
    const records = await sweep((record) => lives(['launch', spec], record, moment));
    // The first, two for each of four acts, and that all is well; beside them those of commands.
    expect(records).toBeGreaterThanOrEqual(10);
  },
  SWEEP_MS,
);

test.each(['before', 'after'])(
  'a delete that dies %s any record of its journal is completed by gc',
  async (moment) => {
    const spec = await specification(`delete-${moment}`);
    const records = await sweep(async (record) => {
      await launch(spec);
      return lives(['delete', nameIn(spec)], record, moment);
    });
    // That the whole is no longer wanted, and four acts.
    expect(records).toBeGreaterThanOrEqual(5);
  },
  SWEEP_MS,
);

test(
  'a gc that dies after any record is completed by the next',
  async () => {
    const spec = await specification('gc');
    const records = await sweep(async (record) => {
      expect(await lives(['launch', spec], 'committed', 'before')).toBe(false);
      return lives(['gc'], record, 'after');
    });
    expect(records).toBeGreaterThanOrEqual(4);
  },
  SWEEP_MS,
);

/** Runs something that is killed at record 1, 2, … until it lives, and cleans up after each. Answers how many records it has. */
async function sweep(run: (record: number) => Promise<boolean>): Promise<number> {
  for (let record = 1; record < MOST_RECORDS; record++) {
    const alive = await run(record);
    const { code, stderr } = await workspace.cli(['gc']);
    expect(code, stderr).toBe(0);
    // What is whole (a spawn that died behind its last record, a delete that died before its first) is not gc's.
    await removeAll();
    expect(takeSnapshot(workspace), `killed at record ${record}`).toEqual(clean);
    if (alive) return record - 1;
  }
  return expect.unreachable(`more than ${MOST_RECORDS} records`);
}

/** Deletes all instances, which must be whole. */
async function removeAll(): Promise<void> {
  const { stdout } = await workspace.cli(['list', '--json']);
  for (const { name, complete } of JSON.parse(stdout) as readonly { name: string; complete: boolean }[]) {
    expect(complete, `${name} is incomplete, and gc left it`).toBe(true);
    const { code, stderr } = await workspace.cli(['delete', name]);
    expect(code, stderr).toBe(0);
  }
}

async function lives(args: readonly string[], record: number | string, moment: string): Promise<boolean> {
  const { code, signal, stderr } = await workspace.cli(args, {
    nodeArgs: ['--import', join(import.meta.dirname, 'kill-at.mjs')],
    env: { SPAWNKIT_KILL_AT: `${record} ${moment}` },
  });
  if (signal === 'SIGKILL') return false;
  expect(code, stderr).toBe(0);
  return true;
}

async function launch(spec: string): Promise<void> {
  const { code, stderr } = await workspace.cli(['launch', spec]);
  expect(code, stderr).toBe(0);
}

const specification = (what: string) => workspace.spec(uniqueName(what), 'networks: [{ network: spawnkit }]');
const nameIn = (spec: string) => basename(spec, '.yaml');

import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openImageCache } from './open-image-cache.ts';
import { qcow2Backend } from './qcow2-backend.ts';
import { rawBackend } from './raw-backend.ts';
import { diskBytes } from './testing/images.ts';

const exec = hostExec();
const script = join(import.meta.dirname, '../test/kill-at-step.ts');
const disk = { instanceId: 'uuid', name: 'disk' };
const MOST_STEPS = 120;
const LANES = 2;

let source: string;
beforeAll(async () => {
  source = await mkdtemp(join(tmpdir(), 'killed-source-'));
  await writeFile(join(source, 'raw'), diskBytes());
  await exec('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', join(source, 'raw'), join(source, 'qcow2')]);
});
afterAll(() => rm(source, { recursive: true }));

interface Sweep {
  readonly act: string;
  /** Steps from one kill to the next. Default 1: every step. */
  readonly every?: number;
  readonly prepare?: (path: string) => Promise<unknown>;
  /** Called after each kill with the step it was at. */
  readonly check: (path: string, step: number) => Promise<void>;
}

/**
 * Does an act in processes that are killed, each at another step, until one gets to the end; answers how many were
 * killed.
 */
async function sweep(request: Sweep): Promise<number> {
  const lanes = Array.from({ length: LANES }, (_, lane) => sweepLane(lane, request));
  return (await Promise.all(lanes)).reduce((sum, kills) => sum + kills, 0);
}

async function sweepLane(lane: number, { act, every = 1, prepare, check }: Sweep): Promise<number> {
  for (let kills = 0; kills < MOST_STEPS; kills++) {
    const step = (kills * LANES + lane) * every;
    const path = await mkdtemp(join(tmpdir(), 'killed-'));
    try {
      await mkdir(join(path, 'uuid'));
      await copyFile(join(source, 'qcow2'), join(path, 'source'));
      await prepare?.(path);
      const { signal, output } = await runKilled([path, act, `${step}`]);
      if (signal === null) {
        expect(output).toBe('done\n');
        return kills;
      }
      expect({ step, signal, output }).toEqual({ step, signal: 'SIGKILL', output: '' });
      await check(path, step);
    } finally {
      await rm(path, { recursive: true });
    }
  }
  throw new Error(`"${act}" does not come to its end`);
}

function runKilled(args: readonly string[]): Promise<{ signal: string | null; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { timeout: 20_000, killSignal: 'SIGTERM' }, (error, stdout, stderr) =>
      resolve({ signal: error ? (error.signal ?? `code ${error.code}`) : null, output: stdout + stderr }),
    );
  });
}

const cacheOf = (instancesPath: string) => openImageCache({ instancesPath, exec });
const pullAgain = (path: string) =>
  cacheOf(path).pull({ source: { type: 'file', path: join(path, 'source') }, kind: 'disk', imageId: 'image' });

/** The first pruning may have to repair what a killed one left. */
async function expectEmptyAfterPrune(path: string): Promise<void> {
  await cacheOf(path).prune({ minAgeMs: 0 });
  await cacheOf(path).prune({ minAgeMs: 0 });
  expect(await readdir(join(path, '_base')).catch(() => [])).toEqual([]);
}

test.each([
  ['raw', rawBackend],
  ['qcow2', qcow2Backend],
] as const)(
  'remove takes away all that a killed creation of a %s disk left',
  { timeout: 120_000 },
  async (act, make) => {
    const kills = await sweep({
      act,
      async check(instancesPath) {
        const backend = make({ instancesPath, exec });
        await backend.remove(disk);
        expect(await readdir(join(instancesPath, 'uuid'))).toEqual([]);
        const base = await pullAgain(instancesPath);
        expect(base.fromCache).toBe(true);
        await backend.create({ disk, base, sizeBytes: null });
      },
    });
    expect(kills).toBeGreaterThan(8);
  },
);

test('a killed making of a swap disk leaves nothing that remove and prune do not take', {
  timeout: 120_000,
}, async () => {
  const kills = await sweep({
    act: 'swap',
    every: 3,
    async check(instancesPath) {
      await qcow2Backend({ instancesPath, exec }).remove(disk);
      expect(await readdir(join(instancesPath, 'uuid'))).toEqual([]);
      await expectEmptyAfterPrune(instancesPath);
    },
  });
  expect(kills).toBeGreaterThan(8);
});

test('a killed pull is begun again by the next, and leaves nothing that prune does not take', {
  timeout: 120_000,
}, async () => {
  const kills = await sweep({
    act: 'pull',
    every: 3,
    async check(path, step) {
      if (step % 2 === 0) {
        const { name } = await pullAgain(path);
        expect((await readdir(join(path, '_base'))).toSorted()).toEqual([name, `${name}.json`]);
        expect((await cacheOf(path).verify(name)).state).toBe('good');
      }
      await expectEmptyAfterPrune(path);
    },
  });
  expect(kills).toBeGreaterThan(8);
});

test('a killed prune leaves the base whole or not there', { timeout: 120_000 }, async () => {
  const kills = await sweep({
    act: 'prune',
    prepare: pullAgain,
    async check(path) {
      const { name } = await pullAgain(path);
      expect((await cacheOf(path).verify(name)).state).toBe('good');
      await expectEmptyAfterPrune(path);
    },
  });
  expect(kills).toBeGreaterThan(8);
});

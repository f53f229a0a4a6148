import { execFileSync } from 'node:child_process';
import { rmSync, utimesSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Exec, hostExec, systemClock } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BaseImage } from '../image-cache.ts';
import { openImageCache } from '../open-image-cache.ts';
import { qcow2Backend } from '../qcow2-backend.ts';
import { rawBackend } from '../raw-backend.ts';
import { diskBytes, IMAGE_BYTES } from '../testing/images.ts';
import { baseName, lockBase } from './cache-paths.ts';

let instancesPath: string;
let now: number;
beforeEach(async () => {
  instancesPath = await mkdtemp(join(tmpdir(), 'prune-'));
  now = Date.UTC(2030, 0, 1);
  await mkdir(join(instancesPath, 'uuid'));
});
afterEach(() => rm(instancesPath, { recursive: true }));

const HOUR_MS = 3_600_000;
const exec = hostExec();
const clock: Clock = { ...systemClock, now: () => now };
const cache = () => openImageCache({ instancesPath, exec, clock });
const backend = (by: Exec = exec) => qcow2Backend({ instancesPath, exec: by, clock });
const inBase = (name: string) => join(instancesPath, '_base', name);
const files = async () => (await readdir(join(instancesPath, '_base'))).toSorted();

async function pull(imageId: string): Promise<BaseImage> {
  const path = join(instancesPath, `${imageId}.raw`);
  await writeFile(path, diskBytes(imageId));
  return cache().pull({ source: { type: 'file', path }, kind: 'disk', imageId });
}

const create = (base: BaseImage, name = 'disk') =>
  backend().create({ disk: { instanceId: 'uuid', name }, base, sizeBytes: IMAGE_BYTES });

function overlaySync(base: string, path: string): void {
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'raw', path]);
}

test('a cache that is not there is empty', async () => {
  expect(await cache().list()).toEqual([]);
  expect(await cache().prune()).toEqual({ removed: [], freedBytes: 0n });
});

test('list tells what a file is, who uses it and since when', async () => {
  const image = await pull('image');
  const { path } = await create(image);
  await backend().createSwap({ disk: { instanceId: 'uuid', name: 'disk.swap' }, mb: 1 });
  await writeFile(inBase('foreign'), 'x');
  await writeFile(inBase(`${baseName('killed')}.part`), 'x');
  const listed = new Map((await cache().list()).map((one) => [one.name, one]));
  expect([...listed.keys()]).toEqual([image.name, `${baseName('killed')}.part`, 'foreign', 'swap_1'].toSorted());
  expect(listed.get(image.name)).toEqual({
    name: image.name,
    path: image.path,
    role: 'image',
    imageId: 'image',
    fileBytes: IMAGE_BYTES,
    allocatedBytes: expect.any(BigInt),
    lastUsedMs: now,
    usedBy: [path],
  });
  expect(listed.get('swap_1')).toMatchObject({ role: 'swap', usedBy: [join(instancesPath, 'uuid', 'disk.swap')] });
  expect(listed.get('foreign')).toMatchObject({ role: 'unknown', usedBy: [] });
  expect(listed.get(`${baseName('killed')}.part`)).toMatchObject({ role: 'leftover' });
});

test('prune removes what is old and unused, with its record, and says how much that was', async () => {
  const [old, kept, used, young] = [await pull('old'), await pull('kept'), await pull('used'), await pull('young')];
  const { path } = await create(used);
  now += 25 * HOUR_MS;
  await pull('young');
  const dry = await cache().prune({ keep: ['kept'], dryRun: true });
  expect(dry.removed.map(({ name }) => name)).toEqual([old.name]);
  expect(await cache().prune({ keep: ['kept'] })).toEqual(dry);
  expect(dry.freedBytes).toBeGreaterThan(0n);
  expect(await files()).toEqual([kept, used, young].flatMap(({ name }) => [name, `${name}.json`]).toSorted());
  await rm(path);
  now += HOUR_MS;
  expect((await cache().prune({ minAgeMs: HOUR_MS })).removed).toHaveLength(3);
  expect(await files()).toEqual([]);
});

test('prune removes what killed pulls left and nothing that it does not know', async () => {
  const killed = baseName('killed');
  await mkdir(join(instancesPath, '_base'));
  const left = [`${killed}.part`, `${killed}.converted`, `${killed}.json`, `${killed}.json.new`, 'swap_1.part'];
  const foreign = ['note.txt', baseName('of Nova'), `${baseName('of Nova')}_5`, 'ephemeral_1_default'];
  for (const name of [...left, ...foreign]) await writeFile(inBase(name), 'x');
  await mkdir(inBase('directory.part'));
  now += 1000 * HOUR_MS;
  const { removed } = await cache().prune();
  expect(removed.map(({ name }) => name)).toEqual(left.toSorted());
  expect(await files()).toEqual([...foreign, 'directory.part'].toSorted());
});

test('prune brings back the record that a killed prune had taken away', async () => {
  const { name, path } = await pull('image');
  await rename(`${path}.json`, `${path}.json.old`);
  expect((await cache().prune({ minAgeMs: HOUR_MS })).removed).toEqual([]);
  expect(await files()).toEqual([name, `${name}.json`]);
  expect(await pull('image')).toMatchObject({ fromCache: true });
});

test('prune skips what somebody is working on', async () => {
  const { name } = await pull('image');
  await writeFile(inBase('swap_1.part'), 'x');
  const held = await Promise.all([name, 'swap_1'].map((one) => lockBase(instancesPath, one, {})));
  try {
    for (const dryRun of [true, false]) {
      expect((await cache().prune({ minAgeMs: 0, dryRun })).removed).toEqual([]);
    }
  } finally {
    for (const lock of held) await lock.release();
  }
  expect((await cache().prune({ minAgeMs: 0 })).removed).toHaveLength(2);
});

test('a base stays when a disk cannot be read that may depend on it', async () => {
  await pull('image');
  const path = join(instancesPath, 'uuid', 'disk');
  await writeFile(path, 'QFI\xfb and no more', 'latin1');
  expect((await cache().prune({ minAgeMs: 0 })).removed).toEqual([]);
  expect((await cache().list()).map(({ usedBy }) => usedBy)).toEqual([[path]]);
});

test('pruning and creating at the same time never leave a disk without its base', async () => {
  let made = 0;
  for (let round = 0; round < 12; round++) {
    const base = await pull('image');
    const name = `disk.${round}`;
    const prune = async () => {
      await new Promise((resolve) => setTimeout(resolve, round * 3));
      await cache().prune({ minAgeMs: 0 });
    };
    const [created] = await Promise.allSettled([create(base, name), prune()]);
    const there = await stat(base.path).then(
      () => true,
      () => false,
    );
    if (created.status === 'rejected') expect(created.reason).toMatchObject({ code: 'BASE_CHANGED' });
    else {
      made++;
      expect(there).toBe(true);
    }
    await backend().remove({ instanceId: 'uuid', name });
  }
  expect(made).toBeGreaterThan(0);
});

test.each([
  ['used', ({ path }: BaseImage) => utimesSync(`${path}.json`, now / 1000 + 1, now / 1000 + 1)],
  ['given a disk', ({ path }: BaseImage) => overlaySync(path, join(instancesPath, 'uuid', 'disk'))],
])('a base that was %s after prune had looked stays', async (_, use) => {
  const [first, second] = [await pull('one'), await pull('two')].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (!first || !second) throw new Error('two images were pulled');
  now += 25 * HOUR_MS;
  const info = (message: string) => message === 'cached file removed' && use(second);
  const log = { debug() {}, info, warn() {}, error() {} };
  const { removed } = await openImageCache({ instancesPath, exec, clock, log }).prune();
  expect(removed.map(({ name }) => name)).toEqual([first.name]);
  expect(await files()).toEqual([second.name, `${second.name}.json`]);
});

test('a base that goes while its disk is made takes the disk along', async () => {
  const base = await pull('image');
  for (const make of [qcow2Backend, rawBackend]) {
    await pull('image');
    // The base is marked as used, and the clock read, before and after the disk is made.
    let looks = 0;
    const removing = {
      ...clock,
      now() {
        if (looks++ === 1) rmSync(`${base.path}.json`);
        return clock.now();
      },
    };
    const disk = { instanceId: 'uuid', name: 'disk' };
    const created = make({ instancesPath, exec, clock: removing }).create({ disk, base, sizeBytes: IMAGE_BYTES });
    await expect(created).rejects.toMatchObject({ code: 'BASE_CHANGED' });
    expect(await readdir(join(instancesPath, 'uuid'))).toEqual([]);
  }
});

test('verify tells good, changed, missing and unknown apart', async () => {
  const { name, path, sha256 } = await pull('image');
  expect(await cache().verify(name)).toEqual({ state: 'good', name, sha256 });
  const { mtime } = await stat(path);
  const bytes = await readFile(path);
  bytes[600_000] = 1;
  await writeFile(path, bytes);
  await utimes(path, mtime, mtime);
  expect(await cache().verify(name)).toMatchObject({
    state: 'changed',
    expected: { algorithm: 'sha256', hex: sha256 },
  });
  await truncate(path, 0);
  expect(await cache().verify(name)).toMatchObject({ state: 'changed' });
  await rm(`${path}.json`);
  expect(await cache().verify(name)).toMatchObject({ state: 'unknown' });
  await rm(path);
  expect(await cache().verify(name)).toEqual({ state: 'missing', name });
  await backend().createSwap({ disk: { instanceId: 'uuid', name: 'disk.swap' }, mb: 1 });
  expect(await cache().verify('swap_1')).toMatchObject({ state: 'unknown' });
  for (const wrong of ['../x', '', 'a/b', '.part']) {
    await expect(cache().verify(wrong)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  }
});

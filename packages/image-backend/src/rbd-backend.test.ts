import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec, hostExec } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RbdModel, rbdModel } from '../test/recorded/rbd-model.ts';
import { cloneOrCreate } from './clone-or-create.ts';
import { openImageCache } from './open-image-cache.ts';
import type { RbdBackendOptions } from './rbd/rbd-options.ts';
import { type RbdBackend, rbdBackend } from './rbd-backend.ts';
import { diskBytes, IMAGE_BYTES } from './testing/images.ts';

const fsid = '5ec2bb6f-9040-40be-86ea-c689a52e7e7a';
const disk = { instanceId: 'uuid', name: 'disk' };
const location = `rbd://${fsid}/images/debian/snap`;
const real = hostExec();

let instancesPath: string;
let model: RbdModel;
beforeEach(async () => {
  instancesPath = await mkdtemp(join(tmpdir(), 'rbd-model-'));
  await writeFile(join(instancesPath, 'image'), diskBytes());
  const debian = { size: Number(IMAGE_BYTES), snaps: { snap: { protected: true } }, parent: null };
  model = rbdModel({ images: { debian }, vms: {} });
});
afterEach(() => rm(instancesPath, { recursive: true }));

/** Real commands, and a model of the cluster's. */
const exec: Exec = async (file, args, options = {}) =>
  file === 'rbd' ? model.run(args, options, (path) => statSync(path).size) : real(file, args, options);

function backend(options: Partial<RbdBackendOptions> = {}): RbdBackend {
  const cluster = { fsid, monitors: [{ name: '10.0.0.1', port: 6789 }] };
  return rbdBackend({ instancesPath, exec, imagesRbdPool: 'vms', cluster, ...options });
}

const pull = { source: { type: 'file', path: '' }, kind: 'disk' } as const;
const cache = (run = exec) => openImageCache({ instancesPath, exec: run });
const base = () => cache().pull({ ...pull, source: { type: 'file', path: join(instancesPath, 'image') } });

test.each([
  [{ imagesRbdPool: '' }],
  [{ imagesRbdPool: 'a/b' }],
  [{ imagesRbdPool: '-p' }],
  [{ rbdUser: 'a b' }],
  [{ imagesRbdCephConf: 'ceph.conf' }],
  [{ rbdKeyring: 'keyring' }],
  [{ instancesPath: 'relative' }],
  [{ rbdUser: 'nova' }],
])('options %j are refused', (wrong) => {
  expect(() => backend(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
});

test('a disk has Nova’s name, its monitors, and the secret that opens it', () => {
  const rbdSecretUuid = '457eb676-33da-42ec-9a8c-9293d545c337';
  expect(backend({ rbdUser: 'nova', rbdSecretUuid, hwDiskDiscard: 'unmap' }).source(disk)).toEqual({
    type: 'network',
    protocol: 'rbd',
    name: 'vms/uuid_disk',
    format: 'raw',
    hosts: [{ name: '10.0.0.1', port: 6789 }],
    auth: { username: 'nova', secretType: 'ceph', secretUuid: rbdSecretUuid },
    discard: 'unmap',
  });
  expect(backend().source(disk)).not.toHaveProperty('auth');
  expect(() => backend().source({ instanceId: 'a_b', name: 'c' })).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST' }),
  );
});

test('a disk gets another name, as often as wanted, unless something has that', async () => {
  const moved = { ...disk, name: 'before.disk' };
  await backend().create({ disk, sizeBytes: IMAGE_BYTES });
  for (const _ of [1, 2]) await backend().rename({ disk, name: moved.name });
  expect([await backend().exists(disk), await backend().exists(moved)]).toEqual([false, true]);
  await backend().create({ disk, sizeBytes: IMAGE_BYTES });
  await expect(backend().rename({ disk: moved, name: disk.name })).rejects.toMatchObject({ code: 'DISK_EXISTS' });
  const none = { ...disk, name: 'none' };
  await expect(backend().rename({ disk: none, name: 'other' })).rejects.toMatchObject({ code: 'DISK_NOT_FOUND' });
});

test('who is meant is said by names and paths, never by a key', async () => {
  const seen: string[] = [];
  const watching: Exec = (file, args, options) => {
    seen.push([file, ...args].join(' '));
    return exec(file, args, options);
  };
  const who = { rbdUser: 'nova', rbdSecretUuid: 'x', imagesRbdCephConf: '/a.conf', rbdKeyring: '/a.keyring' };
  await backend({ exec: watching, ...who }).exists(disk);
  expect(seen).toEqual([
    'rbd info vms/uuid_disk --format json --id nova --conf /a.conf --keyring /a.keyring --client-mount-timeout 5 --rados-osd-op-timeout 60',
  ]);
});

/** Acts that take several commands, each ended before, or after, its nth; and the size of what they make. */
const acts: Readonly<Record<string, readonly [bytes: bigint, act: (backend: RbdBackend) => Promise<unknown>]>> = {
  create: [2n * IMAGE_BYTES, async (one) => one.create({ disk, base: await base(), sizeBytes: 2n * IMAGE_BYTES })],
  'clone and grow': [
    2n * IMAGE_BYTES,
    (one) => one.clone({ disk, locations: [location], imageFormat: 'raw', sizeBytes: 2n * IMAGE_BYTES }),
  ],
  'make swap': [1024n ** 2n, (one) => one.createSwap({ disk, mb: 1 })],
  'import a file': [IMAGE_BYTES, (one) => one.importFile({ disk, path: join(instancesPath, 'image') })],
};

test.each(Object.entries(acts))(
  'what is killed at any step of "%s" is taken away by remove',
  async (_, [bytes, act]) => {
    let ended = 0;
    for (const half of ['before', 'after']) {
      for (let step = 0; ; step++) {
        const outcome = await act(backend({ exec: dying(step, half) })).then(
          () => 'made',
          (error: unknown) => error,
        );
        if (outcome === 'made') break;
        ended++;
        // A disk under its name is complete.
        expect(model.pools['vms']?.['uuid_disk']?.size ?? Number(bytes)).toBe(Number(bytes));
        await backend().remove(disk);
        expect(model.pools['vms']).toEqual({});
      }
      await backend().remove(disk);
    }
    expect(ended).toBeGreaterThan(5);
  },
);

/** From some step on nothing is run any more, as after a SIGKILL: not even what would clean up. */
function dying(at: number, half: string): Exec {
  let step = 0;
  const dead = new EffectsError('EXEC_FAILED', 'killed', { file: 'rbd', args: [], exitCode: 5, stderr: '' });
  return async (file, args, options) => {
    if (file !== 'rbd') return exec(file, args, options);
    const now = step++;
    if (now > at || (now === at && half === 'before')) throw dead;
    const result = await exec(file, args, options);
    if (now === at) throw dead;
    return result;
  };
}

test('an image that cannot be cloned comes through the cache, and the reason is told', async () => {
  const told: unknown[] = [];
  const log = { debug() {}, warn() {}, error() {}, info: (_: string, fields?: object) => void told.push(fields) };
  const path = join(instancesPath, 'image');
  const wanted = { disk, sizeBytes: null, pull: { ...pull, source: { type: 'file', path } as const } };
  const one = { backend: backend(), cache: cache(), log };
  const image = { locations: [location.replace(fsid, 'another')], imageFormat: 'raw' };
  await cloneOrCreate(one, { ...wanted, ...image });
  expect(told).toEqual([expect.objectContaining({ reason: 'it is in another cluster' })]);
  expect(model.pools['vms']?.['uuid_disk']).toMatchObject({ parent: null });
  await one.backend.remove(disk);
  await expect(cloneOrCreate(one, { ...wanted, ...image, neverDownload: true })).rejects.toMatchObject({
    code: 'NOT_CLONABLE',
  });
  await cloneOrCreate(one, { ...wanted, imageFormat: 'raw', locations: ['file:///x', location] });
  expect(model.pools['vms']?.['uuid_disk']?.parent).toEqual(['images', 'debian', 'snap']);
  expect((await stat(join(instancesPath, '_base'))).isDirectory()).toBe(true);
});

test('a clone that fails for another reason does not come through the cache', async () => {
  const full: Exec = async (file, args, options) => {
    if (args[0] !== 'clone') return exec(file, args, options);
    throw new EffectsError('EXEC_FAILED', 'full', { file, args, exitCode: 28, stderr: 'No space left on device' });
  };
  const wanted = { disk, sizeBytes: null, locations: [location], imageFormat: 'raw', pull };
  const made = cloneOrCreate({ backend: backend({ exec: full }), cache: cache() }, wanted);
  await expect(made).rejects.toMatchObject({ code: 'NO_SPACE' });
});

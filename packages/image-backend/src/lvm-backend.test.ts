import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec, hostExec, Secret } from '@spawnkit/effects';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ofAnyKind } from '../test/kinds-of-volumes.ts';
import { type LvmModel, lvmModel } from '../test/recorded/lvm-model.ts';
import type { LvmBackendOptions } from './lvm/lvm-options.ts';
import { type LvmBackend, lvmBackend } from './lvm-backend.ts';
import { openImageCache } from './open-image-cache.ts';
import { diskBytes, IMAGE_BYTES } from './testing/images.ts';
import { type BackendSetup, backendContract, type StorageUnderTest } from './testing/index.ts';

const MiB = 1024n ** 2n;
const group = 'vg';
const disk = { instanceId: 'uuid', name: 'disk' };
const real = hostExec();
const encryption = { keyOf: async () => new Secret('01'.repeat(32)) };

let directory: string;
let model: LvmModel;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lvm-model-'));
  model = await lvmModel({ devicesPath: join(directory, 'dev'), group });
  await writeFile(join(directory, 'image'), diskBytes());
});
afterEach(() => rm(directory, { recursive: true }));

function backend(options: Partial<LvmBackendOptions> = {}): LvmBackend {
  const devicesPath = join(directory, 'dev');
  return lvmBackend({
    instancesPath: directory,
    exec: model.exec(real),
    imagesVolumeGroup: group,
    devicesPath,
    ...options,
  });
}

const base = () =>
  openImageCache({ instancesPath: directory, exec: real }).pull({
    source: { type: 'file', path: join(directory, 'image') },
    kind: 'disk',
  });
const bytesOf = (name = 'uuid_disk') => readFile(join(directory, 'dev', group, name));

test.each([
  ['thick', {}],
  ['sparse', { sparseLogicalVolumes: true }],
  ['encrypted', { encryption }],
])('a disk gets another name with all that belongs to it, as often as wanted, %s', async (_, options) => {
  const volumes = backend(options);
  const moved = { ...disk, name: 'before.disk' };
  await volumes.create({ disk, base: await base(), sizeBytes: 2n * MiB });
  const before = Object.keys(model.volumes());
  for (const _ of [1, 2]) await volumes.rename({ disk, name: moved.name });
  const after = before.map((path) => path.replace('uuid_disk', 'uuid_before.disk'));
  expect(Object.keys(model.volumes()).toSorted()).toEqual(after.toSorted());
  await volumes.create({ disk, sizeBytes: 2n * MiB });
  await expect(volumes.rename({ disk: moved, name: disk.name })).rejects.toMatchObject({ code: 'DISK_EXISTS' });
  const none = { ...disk, name: 'none' };
  await expect(volumes.rename({ disk: none, name: 'other' })).rejects.toMatchObject({ code: 'DISK_NOT_FOUND' });
});

/** The names that a disk's own has in the group: pools that are in use say nothing. */
function modelStorage(one: LvmModel, devicesPath: string, encrypted: boolean): StorageUnderTest {
  const nameOf = (name: string) => name.replaceAll('_', '__');
  return {
    toolName: (source) => (source.type === 'block' ? source.path : ''),
    async names(instanceId) {
      const own = Object.keys(one.volumes()).map((path) => path.split('/').at(-1) ?? '');
      const prefix = `${instanceId}_`;
      return own
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length).replaceAll('__', '_'));
    },
    async plant({ instanceId, name }, path) {
      const { size } = await stat(path);
      const volume = `${instanceId}_${nameOf(name)}`;
      await one.exec(real)('lvcreate', ['-L', `${size}b`, '-n', volume, group]);
      await writeFile(join(devicesPath, group, volume), await readFile(path));
      if (encrypted) await one.exec(real)('cryptsetup', ['create', `${volume}-dmcrypt`, volume]);
    },
    async plantDraft({ instanceId, name }) {
      const volume = `${instanceId}_${nameOf(name)}+draft-0123456789ab`;
      await one.exec(real)('lvcreate', ['-L', `${MiB}b`, '-n', volume, group]);
    },
  };
}

describe.each([
  ['thick', {}],
  ['sparse', { sparseLogicalVolumes: true }],
  ['encrypted', { encryption }],
] as const)('lvmBackend on a model, %s', (kind, options) => {
  const setup: BackendSetup = async (exec) => {
    const instancesPath = await mkdtemp(join(tmpdir(), 'lvm-contract-'));
    const devicesPath = join(instancesPath, 'dev');
    const one = await lvmModel({ devicesPath, group });
    return {
      instancesPath,
      backend: backend({ instancesPath, devicesPath, exec: one.exec(exec), ...options }),
      cache: openImageCache({ instancesPath, exec }),
      storage: modelStorage(one, devicesPath, 'encryption' in options),
      [Symbol.asyncDispose]: () => rm(instancesPath, { recursive: true }),
    };
  };
  for (const { name, run } of backendContract(setup)) {
    if (kind === 'thick' || ofAnyKind.includes(name)) test(name, run);
  }
});

test.each([
  [{ imagesVolumeGroup: '' }],
  [{ imagesVolumeGroup: 'a/b' }],
  [{ imagesVolumeGroup: '..' }],
  [{ imagesVolumeGroup: '-f' }],
  [{ devicesPath: 'dev' }],
  [{ instancesPath: 'instances' }],
  [{ volumeClearSizeMiB: -1 }],
  [{ volumeClearSizeMiB: 0.5 }],
  [{ volumeClear: 'burn' as 'zero' }],
  [{ encryption, sparseLogicalVolumes: true }],
  [{ encryption: { ...encryption, cipher: '--help' } }],
  [{ encryption: { ...encryption, keySizeBits: 511 } }],
])('%j is refused before anything is run', (options) => {
  expect(() => backend(options)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
});

test('a disk is a volume of Nova’s name, and says how a guest finds it', () => {
  expect(backend().source({ ...disk, name: 'disk_a_b' })).toEqual({
    type: 'block',
    path: join(directory, 'dev/vg/uuid_disk__a__b'),
    format: 'raw',
    driverIo: 'native',
  });
  const sparse = backend({ sparseLogicalVolumes: true, hwDiskDiscard: 'unmap' }).source(disk);
  expect(sparse).toEqual({ type: 'block', path: expect.anything(), format: 'raw', discard: 'unmap' });
  expect(backend({ encryption }).source(disk).path).toBe(join(directory, 'dev/mapper/uuid_disk-dmcrypt'));
});

test('names that LVM keeps for itself, or that are too long, are refused', async () => {
  for (const wrong of [
    { ...disk, name: 'tdata' },
    { ...disk, name: 'a_rimage' },
    { instanceId: 'snapshot1', name: 'disk' },
    { instanceId: 'a_b', name: 'disk' },
    { ...disk, name: 'x'.repeat(124) },
  ]) {
    await expect(backend().create({ disk: wrong, sizeBytes: MiB })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  }
  expect(model.names()).toEqual([]);
});

test('a new disk shows nothing of what was there before', async () => {
  const full = { exec: model.exec(real), volumeClear: 'none' } as const;
  await backend(full).create({ disk, base: await base(), sizeBytes: 3n * MiB });
  expect((await bytesOf()).equals(Buffer.concat([diskBytes(), Buffer.alloc(Number(2n * MiB))]))).toBe(true);
  await backend(full).resize({ disk, sizeBytes: 5n * MiB });
  expect((await bytesOf()).subarray(Number(MiB)).every((byte) => byte === 0)).toBe(true);
});

test('a size between two extents is the size of the next', async () => {
  await backend().create({ disk, sizeBytes: MiB + 512n });
  expect(model.volumes()).toEqual({ '/dev/vg/uuid_disk': Number(2n * MiB) });
  await backend().resize({ disk, sizeBytes: MiB + 512n });
  await backend().resize({ disk, sizeBytes: 2n * MiB });
  await expect(backend().resize({ disk, sizeBytes: MiB })).rejects.toMatchObject({ code: 'CANNOT_SHRINK' });
  expect(model.volumes()).toEqual({ '/dev/vg/uuid_disk': Number(2n * MiB) });
});

test('a sparse disk has a pool as large as its image, which goes with it', async () => {
  await truncate(join(directory, 'image'), Number(100n * MiB));
  const sparse = backend({ sparseLogicalVolumes: true });
  await sparse.create({ disk, base: await base(), sizeBytes: 1024n * MiB });
  const pools = model.names().filter((name) => /^uuid_disk\+pool-[0-9a-f]{12}$/.test(name));
  expect(pools).toHaveLength(1);
  await sparse.remove(disk);
  expect(model.names()).toEqual([]);
});

test.each([
  ['zero', ['blkdiscard --zeroout --length 2097152 vg/uuid_disk']],
  ['shred', ['shred -n3 -s2097152 vg/uuid_disk']],
  ['none', []],
] as const)('a removed disk is cleared by %s', async (volumeClear, expected) => {
  const seen: string[] = [];
  const watching: Exec = async (file, args, options) => {
    const words = [file, ...args].join(' ').replace(`${join(directory, 'dev')}/`, '');
    if (file === 'blkdiscard' || file === 'shred') seen.push(words);
    return model.exec(real)(file, args, options);
  };
  await backend().create({ disk, sizeBytes: 4n * MiB });
  await backend({ exec: watching, volumeClear, volumeClearSizeMiB: 2 }).remove(disk);
  expect(seen).toEqual(expected);
  expect(model.names()).toEqual([]);
});

test('a disk that a guest has open is neither cleared nor removed', async () => {
  await backend().create({ disk, base: await base(), sizeBytes: MiB });
  const open: Exec = async (file, args, options) => {
    const result = await model.exec(real)(file, args, options);
    return file === 'lvs' ? { ...result, stdout: result.stdout.replace('-wi-a-', '-wi-ao') } : result;
  };
  await expect(backend({ exec: open }).remove(disk)).rejects.toMatchObject({ code: 'DISK_BUSY' });
  expect((await bytesOf()).equals(diskBytes())).toBe(true);
  await backend().createSnapshot({ disk, snapshot: 'a' });
  const rolledBack = backend({ exec: open }).rollback({ disk, snapshot: 'a' });
  await expect(rolledBack).rejects.toMatchObject({ code: 'DISK_BUSY' });
});

test('a disk of others is left alone, whatever fails', async () => {
  await backend().create({ disk, base: await base(), sizeBytes: MiB });
  await expect(backend().create({ disk, sizeBytes: 8n * MiB })).rejects.toMatchObject({ code: 'DISK_EXISTS' });
  // Somebody made it after it was looked for.
  const late: Exec = async (file, args, options) =>
    file === 'lvs'
      ? { stdout: '{"report":[{"lv":[]}]}', stderr: '', exitCode: 0 }
      : model.exec(real)(file, args, options);
  await expect(backend({ exec: late }).create({ disk, sizeBytes: 8n * MiB })).rejects.toMatchObject({
    code: 'DISK_EXISTS',
  });
  expect((await bytesOf()).equals(diskBytes())).toBe(true);
  await backend().remove({ ...disk, name: 'other' });
  expect(model.names()).toContain('uuid_disk');
});

test('a full volume group is told from one that is not there, and leaves nothing', async () => {
  const small = await lvmModel({ devicesPath: join(directory, 'small'), group, freeBytes: Number(4n * MiB) });
  const options = { exec: small.exec(real), devicesPath: join(directory, 'small') };
  await expect(backend(options).create({ disk, sizeBytes: 5n * MiB })).rejects.toMatchObject({ code: 'NO_SPACE' });
  expect(small.names()).toEqual([]);
  await backend(options).create({ disk, sizeBytes: 4n * MiB });
  const missing = backend({ ...options, imagesVolumeGroup: 'none' });
  await expect(missing.exists(disk)).rejects.toMatchObject({ code: 'STORAGE_UNREACHABLE' });
});

test('an encrypted disk is made through its device, which is told its key by stdin only', async () => {
  const seen: [string, unknown][] = [];
  const watching: Exec = async (file, args, options) => {
    seen.push([[file, ...args].join(' '), options?.input]);
    return model.exec(real)(file, args, options);
  };
  const encrypted = backend({ exec: watching, encryption });
  await encrypted.create({ disk, base: await base(), sizeBytes: MiB });
  expect(model.maps()).toEqual(['/dev/mapper/uuid_disk-dmcrypt']);
  const [words, input] = seen.find(([line]) => line.startsWith('cryptsetup')) ?? ['', undefined];
  expect(words).toMatch(
    /^cryptsetup create uuid_disk\+draft-\w+-dmcrypt .*--cipher=aes-xts-plain64 --key-size=512 --key-file=-$/,
  );
  expect(input).toBeInstanceOf(Secret);
  expect(seen.map(([line]) => line).join('\n')).not.toContain('0101');
  await encrypted.lock(disk);
  await encrypted.lock(disk);
  expect(model.maps()).toEqual([]);
  expect(await encrypted.unlock(disk)).toEqual(encrypted.source(disk));
  await encrypted.unlock(disk);
  await encrypted.remove(disk);
  expect([model.maps(), model.names()]).toEqual([[], []]);
});

test('a device whose creation was killed before it got its name is found', async () => {
  const unnamed: Exec = (file, args, options) =>
    file === 'dmsetup' && args[0] === 'rename'
      ? Promise.reject(new EffectsError('EXEC_FAILED', 'killed', { file, stderr: '' }))
      : file === 'cryptsetup' && args[0] === 'close'
        ? Promise.reject(new EffectsError('EXEC_FAILED', 'killed', { file, stderr: '' }))
        : model.exec(real)(file, args, options);
  const dead = backend({ exec: unnamed, encryption }).create({ disk, base: await base(), sizeBytes: MiB });
  await expect(dead).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  expect(model.maps()).toEqual([expect.stringMatching(/draft/)]);
  await backend({ encryption }).unlock(disk);
  expect(model.maps()).toEqual(['/dev/mapper/uuid_disk-dmcrypt']);
});

/** Acts that take several commands, each ended before, or after, its nth; and the size of what they make. */
const acts: Readonly<
  Record<string, readonly [options: Partial<LvmBackendOptions>, act: (one: LvmBackend) => Promise<unknown>]>
> = {
  'create a disk': [{}, async (one) => one.create({ disk, base: await base(), sizeBytes: 2n * IMAGE_BYTES })],
  'create a sparse disk': [
    { sparseLogicalVolumes: true },
    async (one) => one.create({ disk, base: await base(), sizeBytes: 2n * IMAGE_BYTES }),
  ],
  'create an encrypted disk': [{ encryption }, (one) => one.create({ disk, sizeBytes: 2n * IMAGE_BYTES })],
  'make swap': [{}, (one) => one.createSwap({ disk, mb: 2 })],
};

test.each(Object.entries(acts))(
  'what is killed at any step of "%s" is taken away by remove',
  async (_, [options, act]) => {
    let ended = 0;
    for (const half of ['before', 'after']) {
      for (let step = 0; ; step++) {
        const outcome = await act(backend({ ...options, exec: dying(step, half) })).then(
          () => 'made',
          (error: unknown) => error,
        );
        if (outcome === 'made') break;
        ended++;
        // A disk under its name is complete.
        expect(model.volumes()['/dev/vg/uuid_disk'] ?? Number(2n * IMAGE_BYTES)).toBe(Number(2n * IMAGE_BYTES));
        await backend(options).remove(disk);
        expect([model.names(), model.maps()]).toEqual([[], []]);
      }
      await backend(options).remove(disk);
    }
    expect(ended).toBeGreaterThan(7);
  },
);

/** From some step on nothing is run any more, as after a SIGKILL: not even what would clean up. */
function dying(at: number, half: string): Exec {
  let step = 0;
  const dead = new EffectsError('EXEC_FAILED', 'killed', { file: 'lvcreate', args: [], exitCode: 5, stderr: '' });
  return async (file, args, options) => {
    const now = step++;
    if (now > at || (now === at && half === 'before')) throw dead;
    const result = await model.exec(real)(file, args, options);
    if (now === at) throw dead;
    return result;
  };
}

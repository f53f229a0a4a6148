import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec, hostExec } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withSmallFileSystem } from '../test/host.ts';
import type { BackendOptions } from './disks/backend-options.ts';
import type { PullRequest } from './image-cache.ts';
import { inspectImage } from './inspection/inspect-image.ts';
import { openImageCache } from './open-image-cache.ts';
import { qcow2Backend } from './qcow2-backend.ts';
import { rawBackend } from './raw-backend.ts';
import { diskBytes } from './testing/images.ts';

let instancesPath: string;
beforeEach(async () => {
  instancesPath = await mkdtemp(join(tmpdir(), 'backend-'));
  await mkdir(join(instancesPath, 'uuid'));
});
afterEach(() => rm(instancesPath, { recursive: true }));

const MiB = 1024n ** 2n;
const exec = hostExec();
const disk = { instanceId: 'uuid', name: 'disk' };
const at = (name: string) => join(instancesPath, name);
const raw = (options: Partial<BackendOptions> = {}) => rawBackend({ instancesPath, exec, ...options });
const qcow2 = (options: Partial<BackendOptions> = {}) => qcow2Backend({ instancesPath, exec, ...options });
const pull = (name: string, more: Partial<PullRequest> = {}) =>
  openImageCache({ instancesPath, exec }).pull({ source: { type: 'file', path: at(name) }, kind: 'disk', ...more });

async function extImage() {
  await writeFile(at('ext'), '');
  await truncate(at('ext'), Number(8n * MiB));
  await exec('mkfs.ext4', ['-q', at('ext')]);
  return pull('ext');
}

/** Blocks of the file system, by its own superblock. */
async function extBytes(path: string): Promise<bigint> {
  const { stdout } = await exec('dumpe2fs', ['-h', path]);
  const [blocks, size] = [/Block count:\s+(\d+)/, /Block size:\s+(\d+)/].map((field) =>
    BigInt(field.exec(stdout)?.[1] ?? 0),
  );
  return (blocks ?? 0n) * (size ?? 0n);
}

test('a raw backend grows an ext file system with its disk when asked to, and only then', async () => {
  const base = await extImage();
  const { path } = await raw().create({ disk, base, sizeBytes: 16n * MiB });
  expect(await extBytes(path)).toBe(8n * MiB);
  await raw().resize({ disk, sizeBytes: 24n * MiB, growFileSystem: true });
  expect(await extBytes(path)).toBe(24n * MiB);
  const other = await raw().create({ disk: { ...disk, name: 'b' }, base, sizeBytes: 16n * MiB, growFileSystem: true });
  expect(await extBytes(other.path)).toBe(16n * MiB);
});

test('a file system that cannot be grown is warned of, and the disk is there', async () => {
  const base = await extImage();
  const warnings: unknown[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (message: string) => void warnings.push(message) };
  const broken: Exec = (file, args, options) => exec(file === 'resize2fs' ? 'false' : file, args, options);
  await raw({ exec: broken, log }).create({ disk, base, sizeBytes: 16n * MiB, growFileSystem: true });
  expect(warnings).toHaveLength(1);
  expect((await stat(at('uuid/disk'))).size).toBe(Number(16n * MiB));
});

test('a kernel is copied byte for byte', async () => {
  await writeFile(at('vmlinuz'), 'kernel of an odd length');
  const base = await pull('vmlinuz', { kind: 'kernel' });
  const { path } = await raw().create({ disk: { ...disk, name: 'kernel' }, base, sizeBytes: null });
  expect(await readFile(path, 'utf8')).toBe('kernel of an odd length');
});

test('an overlay has the clusters of its qcow2 image and names its format', async () => {
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', 'cluster_size=2M', at('q'), '8M']);
  const base = await pull('q');
  const { path } = await qcow2().create({ disk, base, sizeBytes: 16n * MiB });
  const { stdout } = await exec('qemu-img', ['info', '--output=json', path]);
  expect(JSON.parse(stdout)).toMatchObject({
    'virtual-size': Number(16n * MiB),
    'cluster-size': 2 * 1024 ** 2,
    'full-backing-filename': base.path,
    'backing-filename-format': 'qcow2',
  });
  expect((await exec('qemu-img', ['check', '-q', path])).exitCode).toBe(0);
  expect(await inspectImage(path)).toMatchObject({ backingFile: base.path });
});

test('preallocated disks have all their blocks and say so', async () => {
  await writeFile(at('image'), diskBytes());
  const base = await pull('image');
  for (const make of [raw, qcow2]) {
    const backend = make({ preallocateImages: 'space', hwDiskDiscard: 'unmap' });
    const source = await backend.create({ disk, base, sizeBytes: 4n * MiB });
    expect(source).toMatchObject({ driverIo: 'native', discard: 'unmap' });
    expect((await stat(source.path)).blocks * 512).toBeGreaterThanOrEqual(Number(4n * MiB));
    await backend.remove(disk);
  }
});

test('a file system that cannot preallocate is only warned of; one that is full is not', async () => {
  const failing = (stderr: string): Exec => {
    return async (file, args, options) => {
      if (file !== 'fallocate') return exec(file, args, options);
      throw new EffectsError('EXEC_FAILED', 'fallocate failed', { file, stderr });
    };
  };
  const make = (stderr: string) =>
    raw({ preallocateImages: 'space', exec: failing(stderr) }).create({ disk, sizeBytes: MiB });
  await expect(make('fallocate: fallocate failed: No space left on device')).rejects.toMatchObject({
    code: 'NO_SPACE',
  });
  expect(await readdir(at('uuid'))).toEqual([]);
  await make('fallocate: fallocate failed: Operation not supported');
});

test('a full file system is NO_SPACE and leaves nothing', async (context) => {
  await writeFile(at('image'), Buffer.alloc(Number(MiB), diskBytes().subarray(0, 512)));
  const base = await pull('image');
  await exec('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', at('image'), at('q')]);
  const compressed = await pull('q');
  await withSmallFileSystem(context, at('uuid'), async () => {
    for (const one of [base, compressed]) {
      await expect(raw().create({ disk, base: one, sizeBytes: 2n * MiB })).rejects.toMatchObject({ code: 'NO_SPACE' });
      expect(await readdir(at('uuid'))).toEqual([]);
    }
  });
});

test('an instances path must be absolute', () => {
  for (const make of [rawBackend, qcow2Backend, openImageCache]) {
    expect(() => make({ instancesPath: 'instances', exec })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    );
  }
});

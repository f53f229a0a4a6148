import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cloneOrCreate } from '../../src/clone-or-create.ts';
import { readGlanceImage } from '../../src/fetch/glance-source.ts';
import { readRbdCluster } from '../../src/rbd/rbd-cluster.ts';
import { rbdBackend } from '../../src/rbd-backend.ts';
import { diskBytes } from '../../src/testing/images.ts';
import { downCeph, imagesIn, type LabCeph, noCeph, rbdUnderTest, removeImage, upCeph } from '../ceph.ts';
import { deleteImage, downGlance, glanceEndpoint, upGlance, uploadImage } from '../glance.ts';
import { bootTiny, tinyGuest } from '../tiny-guest.ts';

if (noCeph) process.stderr.write(`skipped, disks in a real Ceph: ${noCeph}\n`);

describe.skipIf(noCeph)('rbdBackend on a real Ceph', () => {
  let ceph: LabCeph;
  beforeAll(async () => {
    ceph = await upCeph();
  }, 900_000);
  afterAll(downCeph, 60_000);

  const exec = hostExec();
  const MiB = 1024n ** 2n;
  const parent = `parent-${randomUUID().slice(0, 8)}`;
  let under: Awaited<ReturnType<typeof rbdUnderTest>>;
  beforeEach(async () => {
    under = await rbdUnderTest(ceph, exec);
  });
  afterEach(async () => {
    await under[Symbol.asyncDispose]();
    for (const name of await imagesIn(ceph, 'images')) await removeImage(ceph, `images/${name}`);
  });

  const disk = (name = 'disk') => ({ instanceId: under.prefix, name });
  const location = (snapshot = 'snap', image = parent) => `rbd://${ceph.cluster.fsid}/images/${image}/${snapshot}`;
  const clone = (more: object = {}) =>
    under.backend.clone({ disk: disk(), locations: [location()], imageFormat: 'raw', sizeBytes: null, ...more });

  /** An image as Glance keeps it. */
  async function uploadParent(image = parent): Promise<void> {
    const path = join(under.instancesPath, 'parent');
    await writeFile(path, diskBytes());
    await ceph.rbd('import', '--no-progress', path, `images/${image}`);
    await ceph.rbd('snap', 'create', '--no-progress', `images/${image}@snap`);
    await ceph.rbd('snap', 'protect', `images/${image}@snap`);
  }

  async function info(spec: string): Promise<{ size: number; parent?: object }> {
    return JSON.parse(await ceph.rbd('info', '--format', 'json', spec)) as { size: number };
  }

  /** What a guest would read. */
  async function bytesOf(name = 'disk'): Promise<Buffer> {
    const target = join(under.instancesPath, randomUUID());
    await under.backend.extract({ disk: disk(name), target, format: 'raw' });
    return readFile(target);
  }

  test('the cluster tells its id and its monitors', async () => {
    const { fsid, monitors } = await readRbdCluster({ exec, ...ceph.client });
    expect(fsid).toMatch(/^[0-9a-f-]{36}$/);
    expect(monitors).toEqual([{ name: '127.0.0.1', port: 16789 }]);
    expect(under.backend.source(disk())).toEqual({
      type: 'network',
      protocol: 'rbd',
      name: `vms/${under.prefix}_disk`,
      format: 'raw',
      hosts: monitors,
      auth: { username: 'nova', secretType: 'ceph', secretUuid: ceph.secretUuid },
    });
  });

  test('a clone has its image’s bytes, grows, and depends on it', async () => {
    await uploadParent();
    await clone();
    expect(await info(`vms/${under.prefix}_disk`)).toMatchObject({ size: Number(MiB), parent: { image: parent } });
    await clone({ disk: disk('b'), sizeBytes: 3n * MiB, imageBytes: MiB });
    await clone({ disk: disk('c'), sizeBytes: 3n * MiB });
    for (const name of ['b', 'c']) {
      expect((await info(`vms/${under.prefix}_${name}`)).size).toBe(Number(3n * MiB));
      expect((await bytesOf(name)).equals(Buffer.concat([diskBytes(), Buffer.alloc(Number(2n * MiB))]))).toBe(true);
    }
    await expect(clone()).rejects.toMatchObject({ code: 'DISK_EXISTS' });
    await under.backend.flatten(disk());
    await under.backend.flatten(disk());
    expect((await info(`vms/${under.prefix}_disk`)).parent).toBeUndefined();
    expect((await bytesOf()).equals(diskBytes())).toBe(true);
  });

  test('what cannot be cloned says why, and leaves nothing', async () => {
    await uploadParent();
    await ceph.rbd('snap', 'create', '--no-progress', `images/${parent}@open`);
    for (const [more, reason] of [
      [{ locations: [location('none')] }, /is not there/],
      [{ locations: [location('snap', 'none')] }, /is not there/],
      [{ locations: [location('none')], sizeBytes: 2n * MiB }, /is not there/],
      [{ locations: [location('open')] }, /not protected/],
      [
        { locations: ['file:///x', location().replace(ceph.cluster.fsid, randomUUID())] },
        /not in Ceph, .*another cluster/,
      ],
      [{ imageFormat: 'iso' }, /only raw/],
    ] as const) {
      await expect(clone(more)).rejects.toMatchObject({ code: 'NOT_CLONABLE', message: expect.stringMatching(reason) });
    }
    for (const more of [{}, { imageBytes: MiB }]) {
      await expect(clone({ sizeBytes: MiB - 512n, ...more })).rejects.toMatchObject({ code: 'DISK_TOO_SMALL' });
    }
    expect(await under.storage?.names(under.prefix)).toEqual([]);
  });

  test('an image of a disk is made inside the cluster, and taken back', async () => {
    await uploadParent();
    await clone();
    const imageId = `export-${under.prefix}`;
    const made = await under.backend.exportImage({ disk: disk(), imageId });
    expect(made).toBe(location('snap', imageId));
    expect((await info(`images/${imageId}`)).parent).toBeUndefined();
    expect(JSON.parse(await ceph.rbd('snap', 'ls', '--format', 'json', `vms/${under.prefix}_disk`))).toEqual([]);
    await clone({ disk: disk('b'), locations: [made] });
    expect((await bytesOf('b')).equals(diskBytes())).toBe(true);
    await expect(under.backend.removeExportedImage(made)).rejects.toMatchObject({ code: 'DISK_BUSY' });
    await under.backend.remove(disk('b'));
    await under.backend.removeExportedImage(made);
    await under.backend.removeExportedImage(made);
    await expect(under.backend.exportImage({ disk: disk('none'), imageId })).rejects.toMatchObject({
      code: 'DISK_NOT_FOUND',
    });
    expect(await imagesIn(ceph, 'images')).toEqual([parent]);
  });

  test('a config drive is imported, and replaced by the next', async () => {
    const path = join(under.instancesPath, 'disk.config');
    for (const seed of ['one', 'two']) {
      await writeFile(path, diskBytes(seed));
      await under.backend.importFile({ disk: disk('disk.config'), path });
      expect((await bytesOf('disk.config')).equals(diskBytes(seed))).toBe(true);
    }
    expect(await under.storage?.names(under.prefix)).toEqual(['disk.config']);
  });

  test('a disk gets another name with its snapshots, unless that is taken', async () => {
    await uploadParent();
    await clone();
    await under.backend.createSnapshot({ disk: disk(), snapshot: 'a' });
    const moved = disk('before.disk');
    for (const _ of [1, 2]) await under.backend.rename({ disk: disk(), name: moved.name });
    expect(await under.storage?.names(under.prefix)).toEqual([moved.name]);
    await under.backend.create({ disk: disk(), sizeBytes: MiB });
    await expect(under.backend.rename({ disk: moved, name: 'disk' })).rejects.toMatchObject({ code: 'DISK_EXISTS' });
    await under.backend.remove(disk());
    await under.backend.rename({ disk: moved, name: 'disk' });
    await under.backend.rollback({ disk: disk(), snapshot: 'a' });
    expect((await bytesOf()).equals(diskBytes())).toBe(true);
    await expect(under.backend.rename({ disk: moved, name: 'other' })).rejects.toMatchObject({
      code: 'DISK_NOT_FOUND',
    });
  });

  test('an image is exported into the cache, checked there, and leaves nothing else', async () => {
    await uploadParent();
    const source = { type: 'rbd', location: location(), ...ceph.client } as const;
    const pulled = await under.cache.pull({ source, kind: 'disk', declaredFormat: 'raw' });
    expect((await readFile(pulled.path)).equals(diskBytes())).toBe(true);
    expect((await under.cache.list()).map(({ role }) => role)).toEqual(['image']);
    const gone = { ...source, location: location('none') };
    await expect(under.cache.pull({ source: gone, kind: 'disk' })).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    const large = under.cache.pull({ source, kind: 'disk', imageId: 'large', maxBytes: MiB - 1n });
    await expect(large).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect((await under.cache.list()).map(({ role }) => role)).toEqual(['image']);
  });

  test('a cluster that is dead, and a user that it does not know, are told from a disk that is not there', async () => {
    const dead = join(under.instancesPath, 'dead.conf');
    const conf = await readFile(ceph.client.imagesRbdCephConf ?? '', 'utf8');
    await writeFile(dead, conf.replace(/mon host = .*/, 'mon host = 127.0.0.1:1'));
    for (const wrong of [
      { imagesRbdCephConf: dead, rbdConnectTimeoutMs: 1000 },
      { rbdUser: 'nobody' },
      { imagesRbdPool: 'none' },
    ]) {
      const backend = rbdBackend({
        instancesPath: under.instancesPath,
        exec,
        imagesRbdPool: 'vms',
        cluster: ceph.cluster,
        rbdSecretUuid: ceph.secretUuid,
        ...ceph.client,
        ...wrong,
      });
      await expect(backend.exists(disk())).rejects.toMatchObject({ code: 'STORAGE_UNREACHABLE' });
      await expect(backend.create({ disk: disk(), sizeBytes: MiB })).rejects.toMatchObject({
        code: 'STORAGE_UNREACHABLE',
      });
    }
    const client = { exec, ...ceph.client, imagesRbdCephConf: dead, rbdConnectTimeoutMs: 1000 };
    await expect(readRbdCluster(client)).rejects.toMatchObject({ code: 'STORAGE_UNREACHABLE' });
  });

  test('a guest boots from a clone of what Glance keeps in Ceph', async () => {
    await upGlance('rbd');
    const id = await uploadImage(join(await tinyGuest(), 'disk.raw'), 'raw');
    try {
      const source = { type: 'glance', endpoint: glanceEndpoint, imageId: id } as const;
      const { locations, diskFormat = '', sizeBytes: imageBytes } = await readGlanceImage(source);
      const reasons: unknown[] = [];
      const log = { debug() {}, error() {}, warn() {}, info: (message: string) => void reasons.push(message) };
      const wanted = { imageFormat: diskFormat, locations, imageBytes, pull: { source, kind: 'disk' as const } };
      const made = await cloneOrCreate({ ...under, log }, { disk: disk(), sizeBytes: 64n * MiB, ...wanted });
      expect(reasons).toEqual([]);
      expect(await info(made.name)).toMatchObject({ size: Number(64n * MiB), parent: { image: id } });
      const console = await bootTiny(`spawnkit-rbd-${under.prefix}`, made);
      expect(console).toContain('TINY-DISK vda 67108864');
      expect(console).toContain('TINY-IMAGE spawnkit tiny image');
      const downloaded = await cloneOrCreate(
        { ...under, log },
        { disk: disk('b'), sizeBytes: null, ...wanted, locations: [] },
      );
      expect(reasons).toContain('image is not cloned');
      expect((await info(downloaded.name)).parent).toBeUndefined();
      await under.backend.remove(disk());
    } finally {
      await deleteImage(id);
      await downGlance();
    }
  });
});

import { createHash } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asNobody } from '../../test/host.ts';
import { type TempCache, tempCache } from '../../test/temp-cache.ts';
import type { BaseImage, PullRequest } from '../image-cache.ts';
import type { ImageProgress } from '../progress.ts';
import { qcow2Backend } from '../qcow2-backend.ts';
import { diskBytes, IMAGE_BYTES } from '../testing/images.ts';
import { baseName } from './cache-paths.ts';

let temp: TempCache;
beforeEach(async () => {
  temp = await tempCache();
});
afterEach(() => temp.remove());

const exec = hostExec();
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const sha512 = (bytes: Buffer) => createHash('sha512').update(bytes).digest('hex');

describe('a file', () => {
  test('is fetched under its sha1 name, hashed, inspected and published readable, and found again', async () => {
    const bytes = await temp.image('a.raw');
    const pulled = await temp.cache().pull(temp.disk('a.raw', { imageId: 'an-id' }));
    const name = createHash('sha1').update('an-id').digest('hex');
    expect(pulled).toEqual({
      name,
      path: join(temp.instancesPath, '_base', name),
      format: 'raw',
      virtualSize: IMAGE_BYTES,
      fileBytes: IMAGE_BYTES,
      sha256: sha256(bytes),
      inspection: { format: 'raw', virtualSize: IMAGE_BYTES, fileBytes: IMAGE_BYTES, contents: 'mbr', hazards: [] },
      fromCache: false,
    });
    expect(await readFile(pulled.path)).toEqual(bytes);
    expect((await stat(pulled.path)).mode & 0o777).toBe(0o644);
    expect((await temp.cached()).toSorted()).toEqual([name, `${name}.json`]);
    expect(await temp.cache().pull(temp.disk('a.raw', { imageId: 'an-id' }))).toEqual({ ...pulled, fromCache: true });
  });

  test('is seen by peek once it is there, which leaves no mark of use', async () => {
    await temp.image('a.raw');
    const cache = temp.cache();
    expect(await cache.peek(temp.disk('a.raw'))).toBeUndefined();
    const { path } = await cache.pull(temp.disk('a.raw'));
    await utimes(`${path}.json`, 1, 1);
    expect(await cache.peek(temp.disk('a.raw'))).toMatchObject({ path, fromCache: true });
    expect((await stat(`${path}.json`)).mtimeMs).toBe(1000);
    const checksum = { algorithm: 'sha256', hex: '0'.repeat(64) } as const;
    expect(
      await cache.peek(temp.disk('a.raw', { source: { type: 'file', path: temp.at('a.raw'), checksum } })),
    ).toBeUndefined();
  });

  test('without an id is another image when its content was replaced', async () => {
    await temp.image('a.raw');
    const first = await temp.cache().pull(temp.disk('a.raw'));
    expect((await temp.cache().pull(temp.disk('a.raw'))).name).toBe(first.name);
    await temp.image('a.raw', diskBytes('other'));
    await utimes(temp.at('a.raw'), 1, 1);
    const second = await temp.cache().pull(temp.disk('a.raw'));
    expect(second).toMatchObject({ fromCache: false, sha256: sha256(diskBytes('other')) });
    expect(second.name).not.toBe(first.name);
  });

  test('that is sparse stays sparse', async () => {
    await temp.image('a.raw');
    await truncate(temp.at('a.raw'), 64 * 1024 ** 2);
    const { path, fileBytes } = await temp.cache().pull(temp.disk('a.raw'));
    expect(fileBytes).toBe(64n * 1024n ** 2n);
    expect((await stat(path)).blocks * 512).toBeLessThan(1024 ** 2);
    expect((await exec('cmp', [path, temp.at('a.raw')])).exitCode).toBe(0);
  });

  test('of qcow2 stays qcow2, or becomes raw where that is forced', async () => {
    const bytes = await temp.image('a.raw');
    await exec('qemu-img', ['convert', '-c', '-O', 'qcow2', temp.at('a.raw'), temp.at('a.qcow2')]);
    const kept = await temp.cache().pull(temp.disk('a.qcow2', { imageId: 'kept', declaredFormat: 'qcow2' }));
    expect(kept).toMatchObject({
      format: 'qcow2',
      virtualSize: IMAGE_BYTES,
      sha256: sha256(await readFile(temp.at('a.qcow2'))),
    });
    const forced = temp.cache({ forceRawImages: true });
    const raw = await forced.pull(temp.disk('a.qcow2', { imageId: 'raw' }));
    expect(raw).toMatchObject({ format: 'raw', virtualSize: IMAGE_BYTES, sha256: sha256(bytes), fromCache: false });
    expect(await readFile(raw.path)).toEqual(bytes);
    expect(await forced.verify(raw.name)).toMatchObject({ state: 'good' });
    expect(await forced.pull(temp.disk('a.qcow2', { imageId: 'raw' }))).toMatchObject({ fromCache: true });
    expect((await temp.cached()).filter((name) => /part|converted/.test(name))).toEqual([]);
  });

  test('tells its progress, and at its end', async () => {
    const bytes = await temp.image('a.raw');
    const seen: ImageProgress[] = [];
    await temp.cache().pull(temp.disk('a.raw', { onProgress: (progress) => seen.push(progress) }));
    expect(seen.at(-1)).toEqual({ type: 'download', bytes: BigInt(bytes.length), total: BigInt(bytes.length) });
    const broken = temp.cache().pull(temp.disk('a.raw', { imageId: 'b', onProgress: () => expect.fail('stop') }));
    await expect(broken).rejects.toThrow('stop');
    expect(await temp.cached()).toHaveLength(2);
  });

  test('pulled by many at once is fetched once', async () => {
    await temp.image('a.raw');
    const pulls = await Promise.all(Array.from({ length: 8 }, () => temp.cache().pull(temp.disk('a.raw'))));
    expect(pulls.filter(({ fromCache }) => !fromCache)).toHaveLength(1);
  });

  test('that changes while it is read is refused', async () => {
    await temp.image('a.raw', Buffer.alloc(3 * 1024 ** 2, diskBytes()));
    let changes = 0;
    const onProgress = () => {
      if (changes++ === 0) utimesSync(temp.at('a.raw'), 1, 1);
    };
    await expect(temp.cache().pull(temp.disk('a.raw', { imageId: 'x', onProgress }))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('changed while it was read'),
    });
    expect(await temp.cached()).toEqual([]);
  });

  test('may be a kernel: any bytes but none', async () => {
    await temp.image('vmlinuz', Buffer.from('kernel'));
    const kernel = await temp.cache().pull(temp.disk('vmlinuz', { kind: 'kernel', imageId: 'k' }));
    expect(kernel).toMatchObject({ format: 'raw', fileBytes: 6n, virtualSize: 6n });
    expect(kernel).not.toHaveProperty('inspection');
    await expect(temp.cache().pull(temp.disk('vmlinuz', { imageId: 'k' }))).rejects.toMatchObject({
      code: 'NOT_AN_IMAGE',
    });
    await temp.image('none', Buffer.alloc(0));
    await expect(temp.cache().pull(temp.disk('none', { kind: 'ramdisk' }))).rejects.toMatchObject({
      code: 'NOT_AN_IMAGE',
    });
  });
});

describe('a checksum', () => {
  test('that fits is accepted in either case and names the image, which needs no source then', async () => {
    const bytes = await temp.image('a.raw');
    for (const checksum of [
      { algorithm: 'sha256', hex: sha256(bytes).toUpperCase() },
      { algorithm: 'sha512', hex: sha512(bytes) },
    ] as const) {
      const source = { type: 'file', path: temp.at('a.raw'), checksum } as const;
      expect(await temp.cache().pull({ source, kind: 'disk' })).toMatchObject({ fromCache: false });
      const gone = { ...source, path: temp.at('gone.raw') };
      expect(await temp.cache().pull({ source: gone, kind: 'disk' })).toMatchObject({ fromCache: true });
    }
  });

  test('that does not fit is refused with both, whether the image is cached or not', async () => {
    const bytes = await temp.image('a.raw');
    for (const [algorithm, digits] of [
      ['sha256', 64],
      ['sha512', 128],
    ] as const) {
      const source = {
        type: 'file',
        path: temp.at('a.raw'),
        checksum: { algorithm, hex: '0'.repeat(digits) },
      } as const;
      const refused = { code: 'CHECKSUM_MISMATCH', context: { algorithm, expected: '0'.repeat(digits) } };
      await expect(temp.cache().pull({ source, kind: 'disk' })).rejects.toMatchObject(refused);
      await temp.cache().pull(temp.disk('a.raw', { imageId: 'id' }));
      await expect(temp.cache().pull({ source, kind: 'disk', imageId: 'id' })).rejects.toMatchObject(refused);
      expect(await temp.cache().verify(baseName('id'))).toEqual({
        state: 'good',
        name: baseName('id'),
        sha256: sha256(bytes),
      });
    }
  });

  test('that cannot be one is refused before anything is read', async () => {
    for (const checksum of [
      { algorithm: 'sha256', hex: 'abc' },
      { algorithm: 'md5', hex: 'abc' },
    ]) {
      const source = { type: 'file', path: temp.at('none'), checksum } as PullRequest['source'];
      await expect(temp.cache().pull({ source, kind: 'disk' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
  });

  test('of sha512 is answered for an image that was fetched without, also while a disk depends on it', async () => {
    const bytes = await temp.image('a.raw');
    const base = await temp.cache().pull(temp.disk('a.raw', { imageId: 'id' }));
    await overlayOn(base);
    const source = {
      type: 'file',
      path: temp.at('a.raw'),
      checksum: { algorithm: 'sha512', hex: sha512(bytes) },
    } as const;
    expect(await temp.cache().pull({ source, kind: 'disk', imageId: 'id' })).toMatchObject({ fromCache: false });
    expect(await temp.cache().pull({ source, kind: 'disk', imageId: 'id' })).toMatchObject({ fromCache: true });
    expect((await stat(base.path)).isFile()).toBe(true);
  });
});

describe('a base', () => {
  test('that was changed, emptied or has no record is fetched again', async () => {
    const bytes = await temp.image('a.raw');
    const pull = () => temp.cache().pull(temp.disk('a.raw', { imageId: 'id' }));
    const { path } = await pull();
    for (const harm of [
      () => writeFile(path, diskBytes('harm')),
      () => truncate(path, 0),
      () => rm(`${path}.json`),
      () => writeFile(`${path}.json`, '{"role":"image"'),
      () => writeFile(`${path}.json`, '{"role":"image","identity":{}}'),
      () => rm(path),
    ]) {
      await harm();
      expect(await pull()).toMatchObject({ fromCache: false, sha256: sha256(bytes) });
      expect(await pull()).toMatchObject({ fromCache: true });
      expect(await readFile(path)).toEqual(bytes);
    }
  });

  test('that is not the right one stays while a disk depends on it', async () => {
    await temp.image('a.raw');
    const base = await temp.cache().pull(temp.disk('a.raw', { imageId: 'id' }));
    const overlay = await overlayOn(base);
    await rm(`${base.path}.json`);
    await temp.image('a.raw', diskBytes('other'));
    await expect(temp.cache().pull(temp.disk('a.raw', { imageId: 'id' }))).rejects.toMatchObject({
      code: 'BASE_IN_USE',
      context: { disks: [overlay] },
    });
    expect(await readFile(base.path)).toEqual(diskBytes());
    await temp.image('a.raw');
    expect(await temp.cache().pull(temp.disk('a.raw', { imageId: 'id' }))).toMatchObject({ fromCache: false });
    expect(await temp.cache().pull(temp.disk('a.raw', { imageId: 'id' }))).toMatchObject({ fromCache: true });
    await rename(`${base.path}.json`, `${base.path}.json.old`);
    expect(await temp.cache().pull(temp.disk('a.raw', { imageId: 'id' }))).toMatchObject({ fromCache: true });
  });

  test('in a cache that may only be read is found', async (context) => {
    await temp.image('a.raw');
    const { path } = await temp.cache().pull(temp.disk('a.raw', { imageId: 'id' }));
    await asNobody(context, async () => {
      expect(await temp.cache().pull(temp.disk('a.raw', { imageId: 'id' }))).toMatchObject({ path, fromCache: true });
      const refused = temp.cache().pull(temp.disk('a.raw', { imageId: 'other' }));
      await expect(refused).rejects.toMatchObject({ code: 'LOCK_UNUSABLE' });
    });
  });
});

/** A disk that depends on a base; its path. */
async function overlayOn(base: BaseImage): Promise<string> {
  await mkdir(join(temp.instancesPath, 'uuid'));
  const backend = qcow2Backend({ instancesPath: temp.instancesPath, exec });
  return (await backend.create({ disk: { instanceId: 'uuid', name: 'disk' }, base, sizeBytes: null })).path;
}

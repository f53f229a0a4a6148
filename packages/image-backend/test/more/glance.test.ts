import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readGlanceImage } from '../../src/fetch/glance-source.ts';
import { diskBytes } from '../../src/testing/images.ts';
import { deleteImage, downGlance, glanceEndpoint, upGlance, uploadImage } from '../glance.ts';
import { type TempCache, tempCache } from '../temp-cache.ts';

const noGlance = process.getuid?.() === 0 ? undefined : 'installing Glance needs root';
if (noGlance) process.stderr.write(`skipped, images of a real Glance: ${noGlance}\n`);

describe.skipIf(noGlance)('images of a real Glance without identity service', () => {
  let temp: TempCache;
  beforeAll(() => upGlance('file'), 900_000);
  afterAll(downGlance, 60_000);
  beforeEach(async () => {
    temp = await tempCache();
  });
  afterEach(() => temp.remove());

  const pull = (imageId: string) =>
    temp.cache().pull({ source: { type: 'glance', endpoint: glanceEndpoint, imageId }, kind: 'disk' });

  async function upload(bytes: Buffer, diskFormat: string): Promise<string> {
    await writeFile(temp.at('upload'), bytes);
    return uploadImage(temp.at('upload'), diskFormat);
  }

  test('an image arrives whole, checked by the hash that the service keeps', async () => {
    const id = await upload(diskBytes(), 'raw');
    const { path, sha256, fromCache } = await pull(id);
    expect((await readFile(path)).equals(diskBytes())).toBe(true);
    expect({ sha256, fromCache }).toEqual({
      sha256: createHash('sha256').update(diskBytes()).digest('hex'),
      fromCache: false,
    });
    const told = await readGlanceImage({ type: 'glance', endpoint: glanceEndpoint, imageId: id });
    expect(told).toMatchObject({ diskFormat: 'raw', checksum: { algorithm: 'sha512' }, sizeBytes: 1024n ** 2n });
    expect(told.locations[0]).toMatch(/^file:\/\//);
    await deleteImage(id);
    expect((await pull(id)).fromCache).toBe(true);
  });

  test('an image that is not what it is called, and one that is not there, are refused', async () => {
    const id = await upload(diskBytes(), 'qcow2');
    await expect(pull(id)).rejects.toMatchObject({ code: 'FORMAT_MISMATCH' });
    await deleteImage(id);
    await expect(pull(id)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', context: { status: 404 } });
    expect(await temp.cached()).toEqual([]);
  });

  test('an image that was packed before it was uploaded is unpacked', async () => {
    const id = await upload(gzipSync(diskBytes()), 'raw');
    expect((await readFile((await pull(id)).path)).equals(diskBytes())).toBe(true);
    await deleteImage(id);
  });
});

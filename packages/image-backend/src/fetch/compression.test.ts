import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { hostExec } from '@spawnkit/effects';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PullRequest } from '../image-cache.ts';
import { openImageCache } from '../open-image-cache.ts';
import { diskBytes } from '../testing/images.ts';
import { compressionOf, decompressed, peekCompression } from './compression.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'packed-'));
});
afterEach(() => rm(directory, { recursive: true }));

const exec = hostExec();
const bytes = diskBytes();
const cache = () => openImageCache({ instancesPath: directory, exec });
const base = () => readdir(join(directory, '_base')).catch(() => []);

async function packed(kind: string, content: Buffer): Promise<Buffer> {
  if (kind === 'gzip') return gzipSync(content);
  if (kind === 'zstd') return zstdCompressSync(content);
  await writeFile(join(directory, 'plain'), content);
  await exec('xz', ['--keep', '-0', join(directory, 'plain')]);
  const result = await readFile(join(directory, 'plain.xz'));
  await rm(join(directory, 'plain.xz'));
  return result;
}

async function pull(content: Buffer, more: Partial<PullRequest> = {}) {
  const path = join(directory, 'image');
  await writeFile(path, content);
  return cache().pull({ source: { type: 'file', path }, kind: 'disk', ...more });
}

test.each(['gzip', 'zstd', 'xz'])(
  'an image that is packed with %s is unpacked, and known by the hash of what came',
  async (kind) => {
    const content = await packed(kind, bytes);
    const hex = createHash('sha256').update(content).digest('hex');
    const source = { type: 'file', path: join(directory, 'image'), checksum: { algorithm: 'sha256', hex } } as const;
    const image = await pull(content, { source, declaredFormat: 'raw' });
    expect(await readFile(image.path)).toEqual(bytes);
    expect(image).toMatchObject({ format: 'raw', sha256: createHash('sha256').update(bytes).digest('hex') });
    expect((await cache().verify(image.name)).state).toBe('good');
    expect((await pull(content, { source })).fromCache).toBe(true);
    expect(new Set(await base())).toEqual(new Set([image.name, `${image.name}.json`]));
  },
);

test.each(['gzip', 'zstd', 'xz'])(
  'what is packed with %s and broken is NOT_AN_IMAGE, and leaves nothing',
  async (kind) => {
    const content = await packed(kind, bytes);
    const flipped = Buffer.from(content);
    flipped.fill(0xff, 40, 90);
    for (const broken of [content.subarray(0, content.length - 20), content.subarray(0, 8), flipped]) {
      await expect(pull(broken)).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' });
      expect(await base()).toEqual([]);
    }
  },
);

test.each(['gzip', 'zstd', 'xz'])('what unpacks from %s to more than is allowed is TOO_LARGE', async (kind) => {
  const content = await packed(kind, Buffer.alloc(64 * 1024 ** 2));
  await expect(pull(content, { maxBytes: 1024n ** 2n })).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(await base()).toEqual([]);
});

test('a packed qcow2 image is inspected like any other, and a packed error page is none', async () => {
  await exec('qemu-img', [
    'create',
    '-q',
    '-f',
    'qcow2',
    '-u',
    '-b',
    '/etc/passwd',
    '-F',
    'raw',
    join(directory, 'q'),
    '1M',
  ]);
  const hostile = gzipSync(await readFile(join(directory, 'q')));
  await expect(pull(hostile)).rejects.toMatchObject({ code: 'UNSAFE_IMAGE' });
  await expect(pull(gzipSync('<html>Sign in</html>'))).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' });
});

test('a ramdisk stays packed', async () => {
  const content = gzipSync('a cpio archive');
  const { path } = await pull(content, { kind: 'ramdisk' });
  expect(await readFile(path)).toEqual(content);
});

test('whatever the pieces, a stream is recognised and unpacked whole', async () => {
  async function* pieces(content: Buffer, size: number) {
    const reused = Buffer.alloc(size);
    for (let at = 0; at < content.length; at += size) {
      const length = content.copy(reused, 0, at, at + size);
      yield reused.subarray(0, length);
    }
  }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 700 }), async (data, size) => {
      const plain = Buffer.from(data);
      for (const [kind, content] of [
        ['gzip', gzipSync(plain)],
        ['zstd', zstdCompressSync(plain)],
      ] as const) {
        const { compression, chunks } = await peekCompression(pieces(content, size));
        expect(compression).toBe(kind);
        const parts: Buffer[] = [];
        for await (const chunk of decompressed(chunks, kind)) parts.push(Buffer.from(chunk));
        expect(Buffer.concat(parts).equals(plain)).toBe(true);
      }
      const { chunks } = await peekCompression(pieces(plain, size));
      const parts: Buffer[] = [];
      for await (const chunk of chunks) parts.push(Buffer.from(chunk));
      expect(Buffer.concat(parts).equals(plain)).toBe(true);
    }),
  );
});

test('only whole magic numbers are recognised', () => {
  for (const head of ['', '\x1f\x8b', '\xfd7zXZ', 'QFI\xfb', '(\xb5/']) {
    expect(compressionOf(Buffer.from(head, 'latin1'))).toBeUndefined();
  }
});

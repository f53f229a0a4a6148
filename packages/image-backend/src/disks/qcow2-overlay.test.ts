import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { overlayLayout, writeOverlay } from './qcow2-overlay.ts';
import { createOverlay } from './qemu-img.ts';

const exec = hostExec();
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'overlay-'));
  await writeFile(join(directory, 'base'), '');
  await truncate(join(directory, 'base'), 1024 ** 2);
});
afterAll(() => rm(directory, { recursive: true }));

const KiB = 1024;
const TiB = 1024n ** 4n;
const clusterSizes = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048].map((count) => count * KiB);
const sizes = fc.oneof(
  fc.bigInt(1n, (64n * TiB) / 512n),
  fc.constantFrom(1n, 2n ** 20n, 2n ** 20n + 1n, 2n ** 21n, 2n ** 22n - 1n, 2n ** 31n),
);
const bases = fc.record({
  format: fc.constantFrom('raw' as const, 'qcow2' as const),
  clusterBytes: fc.option(fc.constantFrom(...clusterSizes), { nil: undefined }),
  name: fc.constantFrom('base', 'b,a=s e', 'ä'.repeat(60)),
});

test('an overlay has the bytes that qemu-img writes', async () => {
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', join(directory, 'q'), '1M']);
  let written = 0;
  await fc.assert(
    fc.asyncProperty(bases, sizes, async ({ name, ...base }, sectors) => {
      const path = join(directory, name);
      await writeFile(path, await readFile(join(directory, base.format === 'raw' ? 'base' : 'q')));
      const [theirs, ours] = [join(directory, 'theirs'), join(directory, 'ours')];
      await Promise.all([theirs, ours].map((file) => rm(file, { force: true })));
      const request = { base: { ...base, path }, sizeBytes: sectors * 512n, signal: undefined };
      // What qemu-img refuses is left to it to refuse.
      const refused = await byQemuImg(theirs, request).catch((error: unknown) => error);
      const made = await writeOverlay(ours, request);
      if (made && refused === undefined) {
        expect((await readFile(ours)).equals(await readFile(theirs))).toBe(true);
        written++;
      }
      expect({ made, refused: made ? refused : undefined }).toEqual({ made, refused: undefined });
    }),
    { numRuns: 60 },
  );
  expect(written).toBeGreaterThan(30);
});

test('what is unusual is left to qemu-img', () => {
  const base = { path: '/base', format: 'raw' } as const;
  const usual = { base, sizeBytes: 1024n, signal: undefined };
  expect(overlayLayout(usual)).toBeDefined();
  expect(overlayLayout({ ...usual, base: undefined })).toBeUndefined();
  expect(overlayLayout({ ...usual, sizeBytes: 1023n })).toBeUndefined();
  expect(overlayLayout({ ...usual, key: { object: [], id: 'key', createOptions: [] } })).toBeUndefined();
  expect(overlayLayout({ ...usual, base: { ...base, path: `/${'a'.repeat(1023)}` } })).toBeUndefined();
  expect(overlayLayout({ ...usual, base: { ...base, clusterBytes: 4096 } })).toBeUndefined();
});

function byQemuImg(path: string, request: Parameters<typeof createOverlay>[2]): Promise<void> {
  return createOverlay({ exec }, path, request);
}

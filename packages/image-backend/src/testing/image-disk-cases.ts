import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import type { CaseContext, CaseDefinition } from './backend-contract.ts';
import { diskBytes, guestBytes, IMAGE_BYTES, leftIn, pullDisk, writeAsGuest } from './images.ts';

/** Disks made from images. */
export const imageDiskCases: readonly CaseDefinition[] = [
  {
    name: 'a disk of a raw image has its bytes, and zeros up to its size',
    run: (context) => hasImageBytes(context, 'raw'),
  },
  {
    name: 'a disk of a qcow2 image has its bytes, and zeros up to its size',
    run: (context) => hasImageBytes(context, 'qcow2'),
  },
  {
    name: 'a disk without size is as large as its image',
    async run(context) {
      const base = await pullDisk(context);
      const source = await context.backend.create({ disk: context.disk, base, sizeBytes: null });
      assert.ok((await guestBytes(context, source)).equals(diskBytes()));
    },
  },
  {
    name: 'a disk without image is empty',
    async run(context) {
      const { backend, disk } = context;
      const source = await backend.create({ disk, sizeBytes: IMAGE_BYTES });
      assert.ok((await guestBytes(context, source)).equals(Buffer.alloc(Number(IMAGE_BYTES))));
      await rejects(backend.create({ disk: { ...disk, name: 'disk.local' }, sizeBytes: null }), 'INVALID_REQUEST');
    },
  },
  {
    name: 'a disk smaller than its image is refused and not made',
    async run(context) {
      const { backend, disk } = context;
      const base = await pullDisk(context);
      await rejects(backend.create({ disk, base, sizeBytes: IMAGE_BYTES - 512n }), 'DISK_TOO_SMALL');
      assert.deepEqual(await leftIn(context), []);
    },
  },
  {
    name: 'a size that is no number of sectors is refused',
    async run(context) {
      for (const sizeBytes of [0n, -512n, 511n, IMAGE_BYTES + 1n, 1n << 60n]) {
        await rejects(context.backend.create({ disk: context.disk, sizeBytes }), 'INVALID_REQUEST');
      }
      assert.deepEqual(await leftIn(context), []);
    },
  },
  {
    name: 'what a guest writes never reaches the image',
    async run(context) {
      const { backend, cache, disk } = context;
      const base = await pullDisk(context);
      const source = await backend.create({ disk, base, sizeBytes: 2n * IMAGE_BYTES });
      await writeAsGuest(context, source, { byte: 0x5a, offset: 0, length: 1536 * 1024 });
      assert.equal((await cache.verify(base.name)).state, 'good');
    },
  },
  {
    name: 'an image that was written to after it was fetched is refused',
    async run(context) {
      const base = await pullDisk(context);
      await writeFile(base.path, diskBytes('somebody'));
      await rejects(context.backend.create({ disk: context.disk, base, sizeBytes: IMAGE_BYTES }), 'BASE_CHANGED');
      assert.deepEqual(await leftIn(context), []);
    },
  },
  {
    name: 'an image that left the cache is refused',
    async run(context) {
      const { backend, cache, disk } = context;
      const base = await pullDisk(context);
      await cache.prune({ minAgeMs: 0 });
      await rejects(backend.create({ disk, base, sizeBytes: IMAGE_BYTES }), 'BASE_CHANGED');
      await rm(base.path, { force: true });
      await rejects(backend.create({ disk, base, sizeBytes: IMAGE_BYTES }), 'BASE_CHANGED');
      assert.deepEqual(await leftIn(context), []);
    },
  },
  {
    name: 'the image of a disk stays while the disk depends on it',
    async run(context) {
      const { backend, cache, disk } = context;
      const base = await pullDisk(context);
      const source = await backend.create({ disk, base, sizeBytes: IMAGE_BYTES });
      const { removed } = await cache.prune({ minAgeMs: 0 });
      assert.deepEqual(
        removed.map(({ name }) => name),
        backend.capabilities.sharesBase ? [] : [base.name],
      );
      assert.ok((await guestBytes(context, source)).equals(diskBytes()));
    },
  },
  {
    name: 'the name of a disk may have dots, dashes and underscores',
    async run(context) {
      const base = await pullDisk(context);
      const disk = { ...context.disk, name: 'disk.config-1_a' };
      const source = await context.backend.create({ disk, base, sizeBytes: IMAGE_BYTES });
      assert.deepEqual(await leftIn(context), [disk.name]);
      assert.ok((await guestBytes(context, source)).equals(diskBytes()));
    },
  },
];

/** That an act is refused with this code of `ImageBackendError`. */
export async function rejects(act: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(act, { name: 'ImageBackendError', code });
}

async function hasImageBytes(context: CaseContext, format: 'raw' | 'qcow2'): Promise<void> {
  const { backend, disk } = context;
  const base = await pullDisk(context, format);
  const source = await backend.create({ disk, base, sizeBytes: 2n * IMAGE_BYTES });
  assert.deepEqual(source, backend.source(disk));
  assert.equal(source.format, backend.capabilities.format);
  const zeros = Buffer.alloc(Number(IMAGE_BYTES));
  assert.ok((await guestBytes(context, source)).equals(Buffer.concat([diskBytes(), zeros])));
  assert.deepEqual(await leftIn(context), [disk.name]);
}

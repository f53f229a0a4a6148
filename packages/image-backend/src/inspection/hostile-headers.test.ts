import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { qcow2, qemuInfo } from '../../test/qemu-images.ts';
import { diskBytes } from '../testing/images.ts';
import { inspectHandle, inspectionBytes } from './inspect-image.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hostile-'));
});
afterAll(() => rm(directory, { recursive: true }));

const at = (name: string) => join(directory, name);

/** Offsets and lengths of a header, its extensions and tables, where a change does most. */
const change = fc.record({
  offset: fc.oneof(fc.integer({ min: 4, max: 120 }), fc.integer({ min: 4, max: 700 }), fc.nat(300_000)),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(
      ...[0n, 1n, 0xffffn, 1n << 62n, (1n << 64n) - 1n].map((value) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64BE(value);
        return new Uint8Array(bytes);
      }),
    ),
  ),
});

test('a mutated header never crashes, never reads beyond the bound, and is not safe where QEMU opens files', async () => {
  await writeFile(at('base.raw'), diskBytes());
  const seeds = await Promise.all(
    [
      await qcow2(at('s1'), ['-b', at('base.raw'), '-F', 'raw']),
      await qcow2(at('s2'), ['-o', 'compat=0.10', '-b', at('base.raw'), '-F', 'raw']),
      await qcow2(at('s3'), ['-o', `data_file=${at('data3')}`]),
      await qcow2(at('s4'), ['-o', 'cluster_size=512']),
      await qcow2(at('s5'), ['-o', 'extended_l2=on,cluster_size=16k']),
    ].map((path) => readFile(path)),
  );
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...seeds),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (seed, changes) => {
        const image = Buffer.from(seed);
        for (const { offset, bytes } of changes) Buffer.from(bytes).copy(image, offset % image.length);
        await writeFile(at('mutant'), image);
        const { found, readBytes } = await counted(at('mutant'));
        expect(readBytes).toBeLessThanOrEqual(inspectionBytes);
        if (found.format !== 'qcow2' || found.hazards.length > 0) return;
        compared++;
        const info = await qemuInfo(at('mutant'));
        expect(info?.['backing-filename']).toBeUndefined();
        expect(JSON.stringify(info ?? {})).not.toContain('"data-file"');
        if (info) expect(found.virtualSize).toBe(BigInt(info['virtual-size'] as number));
      },
    ),
    { numRuns: 400 },
  );
  expect(compared).toBeGreaterThan(20);
});

test('any bytes after a magic number are judged without a crash', async () => {
  const magic = fc.constantFrom('QFI\xfb\0\0\0\x02', 'QFI\xfb\0\0\0\x03', 'QFI\xfb', 'KDMV', 'QED\0', 'conectix', '');
  await fc.assert(
    fc.asyncProperty(magic, fc.uint8Array({ maxLength: 4096 }), async (start, rest) => {
      await writeFile(at('noise'), Buffer.concat([Buffer.from(start, 'latin1'), rest]));
      const { found } = await counted(at('noise'));
      if (found.format === 'qcow2') expect(found.hazards).not.toEqual([]);
    }),
    { numRuns: 300 },
  );
});

/** Inspects with a handle that counts. */
async function counted(path: string) {
  await using handle = await open(path, 'r');
  let readBytes = 0;
  const read = handle.read.bind(handle);
  const counting = new Proxy(handle, {
    get(target, key) {
      if (key !== 'read') return Reflect.get(target, key).bind(target);
      return async (...args: Parameters<typeof read>) => {
        const result = await read(...args);
        readBytes += result.bytesRead;
        return result;
      };
    },
  });
  return { found: await inspectHandle(counting), readBytes };
}

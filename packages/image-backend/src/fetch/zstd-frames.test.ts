import { randomBytes } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { zstdFrames } from './zstd-frames.ts';

function isWhole(bytes: Buffer, pieces = bytes.length): boolean {
  const frames = zstdFrames();
  for (let at = 0; at < bytes.length; at += pieces) frames.push(bytes.subarray(at, at + pieces));
  return frames.isWhole;
}

const content = fc.oneof(
  fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
  fc.nat(400_000).map((length) => Buffer.alloc(length, 'ab')),
  fc.nat(300_000).map((length) => randomBytes(length)),
);
const packed = fc
  .tuple(content, fc.boolean())
  .map(([bytes, checksum]) =>
    zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0 } }),
  );

test('frames are whole however they come, and at no earlier byte', () => {
  fc.assert(
    fc.property(
      fc.array(packed, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 70_000 }),
      fc.nat(),
      (all, pieces, cut) => {
        const bytes = Buffer.concat(all);
        expect(isWhole(bytes, Math.max(pieces, Math.ceil(bytes.length / 100)))).toBe(true);
        const ends = all.map((_, index) => all.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0));
        const at = cut % bytes.length;
        expect(isWhole(bytes.subarray(0, at), bytes.length)).toBe(at === 0 || ends.includes(at));
      },
    ),
    { numRuns: 60 },
  );
});

test('a skippable frame is one', () => {
  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  expect(isWhole(Buffer.concat([skippable, zstdCompressSync('x')]))).toBe(true);
  expect(isWhole(skippable.subarray(0, 10))).toBe(false);
});

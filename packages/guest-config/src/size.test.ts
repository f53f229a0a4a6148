import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GiB, KiB, MiB, toBytes } from './size.ts';

test('amounts become bytes', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (count) => {
      expect([KiB(count), MiB(count), GiB(count)].map((size) => toBytes(size))).toEqual(
        [10n, 20n, 30n].map((power) => BigInt(count) << power),
      );
    }),
  );
});

test.each([
  ['bytes', 1n],
  ['b', 1n],
  ['k', 1024n],
  ['KB', 1000n],
  ['kib', 1024n],
  ['GB', 10n ** 9n],
  ['T', 2n ** 40n],
  ['EiB', 2n ** 60n],
])('a %s has %d bytes', (unit, bytes) => {
  expect(toBytes({ value: 3n, unit })).toBe(3n * bytes);
});

test('an amount without unit counts in KiB, or as the caller says', () => {
  expect(toBytes({ value: 2n })).toBe(2048n);
  expect(toBytes({ value: 2n }, 'bytes')).toBe(2n);
});

test('an unknown unit is refused', () => {
  expect(() => toBytes({ value: 2n, unit: 'pages' })).toThrow(
    'Cannot tell how many bytes 2 "pages" are: expected a unit such as bytes, KiB or MB',
  );
});

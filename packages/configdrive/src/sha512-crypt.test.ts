import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha512Crypt, sha512CryptWithSalt } from './sha512-crypt.ts';

test('sha512Crypt agrees with the first example of the specification', () => {
  expect(sha512CryptWithSalt('Hello world!', 'saltstring')).toBe(
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  );
});

test('sha512Crypt draws a salt of sixteen characters', () => {
  expect(sha512Crypt('pw', (bytes) => new Uint8Array(bytes).fill(255))).toMatch(/^\$6\$z{16}\$[./0-9A-Za-z]{86}$/);
});

const openssl = spawnSync('openssl', ['version']).status === 0;
if (!openssl) process.stderr.write('skipped, sha512Crypt beside openssl: openssl is not installed\n');

test.skipIf(!openssl)('sha512Crypt says what openssl says', () => {
  const salt = fc.stringMatching(/^[./0-9A-Za-z]{1,16}$/);
  const password = fc
    .string({ minLength: 1, maxLength: 200, unit: 'grapheme' })
    .filter((text) => !/[\0\n\r]/.test(text));
  fc.assert(
    fc.property(password, salt, (text, seasoning) => {
      const { stdout } = spawnSync('openssl', ['passwd', '-6', '-stdin', '-salt', seasoning], { input: `${text}\n` });
      expect(sha512CryptWithSalt(text, seasoning)).toBe(stdout.toString().trimEnd());
    }),
    { numRuns: 25 },
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uuidBytes, uuidText } from './uuid.ts';

test('a UUID survives bytes and back, whatever its case and dashes', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      expect(uuidText(uuidBytes(uuid))).toBe(uuid);
      expect(uuidText(uuidBytes(uuid.toUpperCase().replaceAll('-', '')))).toBe(uuid);
    }),
  );
});

test.each(['', 'x', '01234567-89ab-cdef-0123-456789abcde', '01234567-89ab-cdef-0123-456789abcdefa', 'g'.repeat(32)])(
  'uuidBytes refuses %j',
  (text) => {
    expect(() => uuidBytes(text)).toThrow(`"${text}" is no UUID`);
  },
);

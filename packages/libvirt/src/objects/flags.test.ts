import { expect, test } from 'vitest';
import { type Flags, flagBits } from './flags.ts';

const table = { NONE: 0, FIRST: 1, SECOND: 2, LAST: 0x80000000 } as const;

test('flagBits takes names, values, both and the whole word', () => {
  expect(flagBits(table, undefined)).toBe(0);
  expect(flagBits(table, 6)).toBe(6);
  expect(flagBits(table, ['FIRST', 'SECOND'])).toBe(3);
  expect(flagBits(table, ['FIRST', table.SECOND, 16])).toBe(19);
  expect(flagBits(table, ['NONE', 'LAST'])).toBe(0x80000000);
});

test('flagBits names the allowed flags when it is given another', () => {
  const flags = ['THIRD'] as unknown as Flags<typeof table>; // what a caller in JavaScript may do
  expect(() => flagBits(table, flags)).toThrow('Unknown flag "THIRD"; allowed are NONE, FIRST, SECOND, LAST');
  expect(() => flagBits(table, ['toString'] as unknown as Flags<typeof table>)).toThrow(TypeError); // as above
});

test('a misspelt flag does not compile', () => {
  // @ts-expect-error
  const flags: Flags<typeof table> = ['FRIST'];
  expect(flags).toHaveLength(1);
});

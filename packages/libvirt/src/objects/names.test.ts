import { expect, test } from 'vitest';
import { nameOf, namesOf } from './names.ts';

const table = { NONE: 0, FIRST: 1, SECOND: 2 } as const;

test('nameOf names a value, and says so when a newer daemon has one more', () => {
  expect(nameOf(table, 2)).toBe('SECOND');
  expect(nameOf(table, 7)).toBe('UNKNOWN_7');
});

test('namesOf names the bits of a word, and keeps a rest', () => {
  expect(namesOf(table, 0)).toEqual([]);
  expect(namesOf(table, 3)).toEqual(['FIRST', 'SECOND']);
  expect(namesOf(table, 0x80000001)).toEqual(['FIRST', 'UNKNOWN_2147483648']);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toPlainJson } from './json.ts';
import { Secret } from './secret.ts';

test('toPlainJson answers a copy of whatever JSON can hold, without undefined properties', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(toPlainJson('It', value)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  const given = { kept: [1], left: undefined };
  const copy = toPlainJson('It', given);
  given.kept.push(2);
  expect(copy).toStrictEqual({ kept: [1] });
});

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

test.each([
  ['a secret', { user: { password: new Secret('hunter2') } }, /The data must be .*"user\.password" is a Secret/],
  ['a bigint', { bytes: 1n }, /"bytes" is of type bigint/],
  ['a function', [() => 1], /"0" is of type function/],
  ['no value', undefined, /it is of type undefined/],
  ['a hole in a list', [1, undefined], /"1" is of type undefined/],
  ['no number', { a: Number.NaN }, /"a" is NaN/],
  ['an endless number', { a: -Infinity }, /"a" is -Infinity/],
  ['a date', { at: new Date(0) }, /"at" is an instance of a class/],
  ['a map', new Map(), /it is an instance of a class/],
  ['bytes', { a: { b: new Uint8Array(1) } }, /"a\.b" is an instance of a class/],
  ['a cycle', cycle, /nests deeper than 64/],
])('toPlainJson refuses %s and names the place', (_, value, message) => {
  const convert = () => toPlainJson('The data', value);
  expect(convert).toThrow(message);
  expect(convert).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
  expect(convert).not.toThrow(/hunter2/);
});

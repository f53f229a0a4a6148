import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cpuMap, cpusOf } from './cpu-map.ts';

test('a map has a bit for each CPU, the lowest first', () => {
  expect(cpuMap([0, 9])).toEqual(Uint8Array.of(1, 2));
  expect(cpuMap([])).toEqual(new Uint8Array());
  expect(cpusOf(Uint8Array.of(0x80, 0, 1))).toEqual([7, 16]);
});

test('cpusOf reads what cpuMap writes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(16_383)), (cpus) => {
      expect(cpusOf(cpuMap(cpus))).toEqual(cpus.toSorted((a, b) => a - b));
    }),
  );
});

test.each([-1, 0.5, 16_384])('cpuMap refuses %s', (cpu) => {
  expect(() => cpuMap([cpu])).toThrow(RangeError);
});

import { expect, test } from 'vitest';
import { fuzz } from '../../test/fuzz.ts';
import { fuzzSeeds } from '../../test/fuzz-seeds.ts';

test('20,000 damaged frames are values or typed errors, and so are those that once were not', () => {
  const report = fuzz({ count: 20_000, seed: 20_261_124 });
  expect(report.frames).toBe(20_000);
  // Both happen all the time, or the damage shows nothing.
  expect(report.read).toBeGreaterThan(1000);
  expect(report.refused).toBeGreaterThan(1000);
  for (const seed of fuzzSeeds) fuzz({ count: 1, seed });
});

test('a decoder that breaks is found, with the seed that brings it back', () => {
  const boom = () => {
    throw new RangeError('out of memory');
  };
  expect(() => fuzz({ count: 500, seed: 1, read: boom })).toThrow(/^Seed \d+ breaks the decoder with [0-9a-f]+/);
});

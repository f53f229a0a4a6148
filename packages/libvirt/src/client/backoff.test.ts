import { assert, double, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, checkBackoff } from './backoff.ts';

test('waits grow from the least to the most, with chance in between', () => {
  const waits = (random: number) =>
    Array.from({ length: 7 }, (_, attempt) =>
      Math.round(backoffMs(attempt, { minDelayMs: 100, maxDelayMs: 2000 }, random)),
    );
  expect(waits(0)).toEqual([100, 100, 100, 100, 100, 100, 100]);
  expect(waits(0.5)).toEqual([150, 250, 450, 850, 1050, 1050, 1050]);
  expect(waits(1)).toEqual([200, 400, 800, 1600, 2000, 2000, 2000]);
});

test('no wait is shorter than the least or longer than the most, however often it was tried', () => {
  const delays = integer({ min: 0, max: 60_000 });
  const random = double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  assert(
    property(delays, delays, integer({ min: 0, max: 5000 }), random, (a, b, attempt, chance) => {
      const [minDelayMs = 0, maxDelayMs = 0] = [a, b].sort((x, y) => x - y);
      const wait = backoffMs(attempt, { minDelayMs, maxDelayMs }, chance);
      expect(wait).toBeGreaterThanOrEqual(minDelayMs);
      expect(wait).toBeLessThanOrEqual(maxDelayMs);
    }),
    // So many doublings are no number any more.
    { examples: [[0, 0, 1023, 0]] },
  );
});

test('even where the least wait is none, later ones are longer', () => {
  expect(backoffMs(9, { minDelayMs: 0 }, 0.5)).toBe(512);
});

test.each([
  { minDelayMs: -1 },
  { minDelayMs: Number.NaN },
  { minDelayMs: 20_000 },
  { minDelayMs: 100, maxDelayMs: 50 },
  { maxDelayMs: Number.POSITIVE_INFINITY },
])('%j are no delays', (backoff) => {
  expect(() => checkBackoff(backoff)).toThrow(RangeError);
});

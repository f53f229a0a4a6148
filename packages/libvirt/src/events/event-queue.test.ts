import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventQueue } from './event-queue.ts';
import { EventsLostError } from './events-lost-error.ts';

const end = { done: true, value: undefined };
const event = <T>(value: T) => ({ done: false, value });

test('a queue gives events in order, to those that wait and to those that come later', async () => {
  const queue = eventQueue<number>();
  const early = [queue.next(), queue.next()];
  for (const value of [1, 2, 3]) expect(queue.push(value)).toBe(true);
  expect(await Promise.all([...early, queue.next()])).toEqual([event(1), event(2), event(3)]);
});

test('the end comes after the events that wait, with its error once', async () => {
  const queue = eventQueue<number>();
  queue.push(1);
  queue.end(new Error('lost'));
  queue.end(new Error('too late'));
  expect(queue.push(2)).toBe(false);
  expect(await queue.next()).toEqual(event(1));
  await expect(queue.next()).rejects.toThrow('lost');
  expect(await queue.next()).toEqual(end);
});

test('the end reaches everybody who waits, its error the first of them', async () => {
  const queue = eventQueue<number>();
  const waiting = Promise.allSettled([queue.next(), queue.next()]);
  queue.end(new Error('lost'));
  expect(await waiting).toMatchObject([{ reason: { message: 'lost' } }, { value: end }]);
});

test('discard forgets what waits and an error that nobody has seen', async () => {
  const queue = eventQueue<number>();
  queue.push(1);
  queue.end(new Error('lost'));
  queue.discard();
  expect(await queue.next()).toEqual(end);
});

test('a full queue ends with EventsLostError after the events it holds', async () => {
  const queue = eventQueue<number>({ limit: 2 });
  expect([1, 2, 3, 4].map((value) => queue.push(value))).toEqual([true, true, false, false]);
  expect([await queue.next(), await queue.next()]).toEqual([event(1), event(2)]);
  await expect(queue.next()).rejects.toThrow(EventsLostError);
  expect(await queue.next()).toEqual(end);
});

test('a queue that drops the oldest keeps the latest and counts the others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 8 }), async (values, limit) => {
      const queue = eventQueue<number>({ limit, overflow: 'dropOldest' });
      for (const value of values) expect(queue.push(value)).toBe(true);
      queue.end();
      const kept: number[] = [];
      for (let one = await queue.next(); !one.done; one = await queue.next()) kept.push(one.value);
      expect(kept).toEqual(values.slice(-limit));
      expect(queue.dropped).toBe(Math.max(0, values.length - limit));
    }),
  );
});

test('a queue without room is refused', () => {
  expect(() => eventQueue({ limit: 0 })).toThrow(RangeError);
});

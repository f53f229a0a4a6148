import { manualClock } from '@spawnkit/effects/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventWaiter } from './event-waiter.ts';

const uuid = '6d5f2a3e-8c0b-4f6e-9a51-2f4d3b1c0a99';
const plugged = (tag: string, status = 'completed') => ({
  instanceUuid: uuid,
  name: 'network-vif-plugged',
  tag,
  status,
});
const awaited = (tag: string) => ({ name: 'network-vif-plugged', tag });

test('wait resolves when all events have come, in any order, and leaves nothing armed', async () => {
  const waiter = createEventWaiter({ clock: manualClock() });
  using expectation = waiter.expect(uuid, [awaited('a'), awaited('b')]);
  expect(waiter.deliver(plugged('b'))).toBe(true);
  expect(expectation.missing).toEqual([awaited('a')]);
  expect(waiter.deliver(plugged('a'))).toBe(true);
  await expectation.wait({ timeoutMs: 1000 });
  expect(waiter.pending).toBe(0);
});

test('an event that came before it was expected is found, once', async () => {
  const waiter = createEventWaiter({ clock: manualClock() });
  expect(waiter.deliver(plugged('a'))).toBe(false);
  await waiter.expect(uuid, [awaited('a')]).wait({ timeoutMs: 1000 });
  expect(waiter.expect(uuid, [awaited('a')]).missing).toEqual([awaited('a')]);
});

test('an early event expires, and only so many are kept', async () => {
  const clock = manualClock();
  const waiter = createEventWaiter({ clock, keepEarlyMs: 1000, keepEarlyCount: 2 });
  waiter.deliver(plugged('old'));
  await clock.advance(1001);
  expect(waiter.expect(uuid, [awaited('old')]).missing).toHaveLength(1);
  for (const tag of ['one', 'two', 'three']) waiter.deliver({ ...plugged(tag), instanceUuid: 'other' });
  expect(waiter.expect('other', [awaited('one')]).missing).toHaveLength(1);
  expect(waiter.expect('other', [awaited('three')]).missing).toHaveLength(0);
});

test('strangers and duplicates change nothing', async () => {
  const waiter = createEventWaiter({ clock: manualClock() });
  using expectation = waiter.expect(uuid, [awaited('a'), awaited('b')]);
  waiter.deliver(plugged('a'));
  waiter.deliver(plugged('a', 'failed'));
  waiter.deliver({ ...plugged('b'), name: 'network-changed' });
  waiter.deliver({ ...plugged('b'), instanceUuid: 'somebody-else' });
  expect(expectation.missing).toEqual([awaited('b')]);
  waiter.deliver(plugged('b'));
  await expectation.wait({ timeoutMs: 1000 });
  expect(waiter.expect(uuid, [awaited('a')]).missing).toHaveLength(1);
});

test('a failed event ends the wait at once, even one that came before wait was called', async () => {
  const waiter = createEventWaiter({ clock: manualClock() });
  const expectation = waiter.expect(uuid, [awaited('a'), awaited('b')]);
  waiter.deliver(plugged('a', 'failed'));
  await expect(expectation.wait({ timeoutMs: 1000 })).rejects.toMatchObject({
    code: 'EVENT_FAILED',
    message: expect.stringContaining('network-vif-plugged of port a') as string,
  });
  expect(waiter.pending).toBe(0);
});

test('with somebody to tell, failed events are told and the others awaited', async () => {
  const waiter = createEventWaiter({ clock: manualClock() });
  const expectation = waiter.expect(uuid, [awaited('a'), awaited('b'), awaited('c')]);
  const told: unknown[] = [];
  waiter.deliver(plugged('a', 'failed'));
  const waiting = expectation.wait({ timeoutMs: 1000, onFailed: (error) => told.push(error.context['tag']) });
  waiter.deliver(plugged('b', 'in-progress'));
  waiter.deliver(plugged('b'));
  expect(expectation.missing).toEqual([awaited('c')]);
  waiter.deliver(plugged('c'));
  await waiting;
  expect(told).toEqual(['a', 'b']);
  expect(waiter.pending).toBe(0);
});

test('a timeout names what is missing, and only that', async () => {
  const clock = manualClock();
  const waiter = createEventWaiter({ clock });
  const expectation = waiter.expect(uuid, [awaited('a'), awaited('b')]);
  waiter.deliver(plugged('a'));
  const refused = expectation.wait({ timeoutMs: 1000 }).catch((error: unknown) => error);
  await clock.advance(1000);
  await expect(refused).resolves.toMatchObject({
    code: 'EVENT_TIMEOUT',
    context: { missing: ['network-vif-plugged of port b'] },
  });
  expect(waiter.pending).toBe(0);
});

test('an abort, a cancel and a close each leave nothing armed', async () => {
  const waiter = createEventWaiter({ clock: manualClock() });
  const abort = new AbortController();
  const aborted = waiter.expect(uuid, [awaited('a')]).wait({ timeoutMs: 1000, signal: abort.signal });
  abort.abort(new Error('stopped'));
  await expect(aborted).rejects.toThrow('stopped');
  waiter.expect(uuid, [awaited('a')]).cancel();
  expect(waiter.pending).toBe(0);
  const closed = waiter.expect(uuid, [awaited('a')]).wait({ timeoutMs: 1000 });
  waiter.close();
  await expect(closed).rejects.toMatchObject({ code: 'EVENTS_CLOSED' });
  expect(() => waiter.expect(uuid, [awaited('a')])).toThrow(/shutting down/);
  expect(waiter.pending).toBe(0);
});

test('a wait for nothing ends at once', async () => {
  const waiter = createEventWaiter({ clock: manualClock() });
  await waiter.expect(uuid, []).wait({ timeoutMs: 0 });
  expect(waiter.pending).toBe(0);
});

test('whatever order events, strangers and duplicates come in, before or after expect, exactly the missing ones are missing', async () => {
  const tag = fc.constantFrom('a', 'b', 'c', 'd');
  const plan = { awaitedTags: fc.uniqueArray(tag), early: fc.array(tag), late: fc.array(tag) };
  await fc.assert(
    fc.asyncProperty(fc.record(plan), async ({ awaitedTags, early, late }) => {
      const clock = manualClock();
      const waiter = createEventWaiter({ clock });
      for (const tag of early) waiter.deliver(plugged(tag));
      const expectation = waiter.expect(uuid, awaitedTags.map(awaited));
      for (const tag of late) expect(waiter.deliver(plugged(tag))).toBe(awaitedTags.includes(tag));
      const missing = awaitedTags.filter((tag) => !early.includes(tag) && !late.includes(tag));
      expect(expectation.missing).toEqual(missing.map(awaited));
      const outcome = expectation.wait({ timeoutMs: 1000 }).catch((error: unknown) => error);
      await clock.advance(1000);
      if (missing.length === 0) expect(await outcome).toBeUndefined();
      else
        expect(await outcome).toMatchObject({
          context: { missing: missing.map((tag) => `network-vif-plugged of port ${tag}`) },
        });
      expect([waiter.pending, clock.sleepers]).toEqual([0, 0]);
    }),
  );
});

test('an event that comes again stays known from its last time on', async () => {
  const clock = manualClock();
  const waiter = createEventWaiter({ clock, keepEarlyMs: 1000, keepEarlyCount: 2 });
  for (const tag of ['one', 'two', 'one', 'three']) waiter.deliver(plugged(tag));
  expect(waiter.expect(uuid, [awaited('two')]).missing).toHaveLength(1);
  expect(waiter.expect(uuid, [awaited('one')]).missing).toHaveLength(0);
});

test('a closed waiter has nothing armed, also where nobody waits', () => {
  const waiter = createEventWaiter({ clock: manualClock() });
  using _ = waiter.expect(uuid, [awaited('a')]);
  waiter.close();
  waiter.close();
  expect(waiter.pending).toBe(0);
});

import { expect, test } from 'vitest';
import { manualClock } from './manual-clock.ts';

test('time stands still until it is moved, and sleepers wake in the order of their times', async () => {
  const clock = manualClock(1000);
  const woken: [string, number][] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push([name, clock.now()]);
  };
  const all = [sleep('late', 30), sleep('early', 10), sleep('never', 1000)];
  expect([clock.now(), clock.monotonicMs(), clock.sleepers]).toEqual([1000, 0, 3]);
  await clock.advance(9);
  expect(woken).toEqual([]);
  await clock.advance(100);
  expect(woken).toEqual([
    ['early', 1010],
    ['late', 1030],
  ]);
  expect([clock.now(), clock.monotonicMs(), clock.sleepers]).toEqual([1109, 109, 1]);
  await clock.advance(1000);
  await Promise.all(all);
  expect(clock.sleepers).toBe(0);
});

test('who sleeps again when woken is woken again within one advance', async () => {
  const clock = manualClock();
  let beats = 0;
  const heart = (async () => {
    for (; beats < 5; beats++) await clock.sleep(10);
  })();
  await clock.advance(35);
  expect(beats).toBe(3);
  await clock.advance(15);
  await heart;
});

test('a sleep ends by its signal and leaves no sleeper', async () => {
  const clock = manualClock();
  const reason = new Error('enough');
  await expect(clock.sleep(10, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const sleeping = clock.sleep(10, { signal: controller.signal });
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  expect(clock.sleepers).toBe(0);
});

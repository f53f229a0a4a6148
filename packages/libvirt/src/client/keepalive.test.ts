import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepalive } from './keepalive.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('silence is asked about after each interval and given up after the count', () => {
  const ping = vi.fn();
  const dead = vi.fn();
  keepalive({ intervalMs: 100, count: 3 }, { ping, dead });
  vi.advanceTimersByTime(399);
  expect([ping.mock.calls.length, dead.mock.calls.length]).toEqual([3, 0]);
  vi.advanceTimersByTime(1000);
  expect([ping.mock.calls.length, dead.mock.calls]).toEqual([3, [[400]]]);
});

test('whatever comes is life, and the count begins again', () => {
  const ping = vi.fn();
  const dead = vi.fn();
  const watch = keepalive({ intervalMs: 100, count: 2 }, { ping, dead });
  for (let i = 0; i < 20; i++) {
    watch.received();
    vi.advanceTimersByTime(100);
  }
  expect(ping).not.toHaveBeenCalled();
  vi.advanceTimersByTime(200);
  watch.received();
  vi.advanceTimersByTime(200);
  expect([ping.mock.calls.length, dead.mock.calls.length]).toEqual([3, 0]);
  watch.stop();
  vi.advanceTimersByTime(10_000);
  expect([ping.mock.calls.length, dead.mock.calls.length]).toEqual([3, 0]);
});

test('while nobody reads, the server is told that this side lives, and silence is no death', () => {
  const ping = vi.fn();
  const dead = vi.fn();
  const watch = keepalive({ intervalMs: 100, count: 2 }, { ping, dead });
  watch.pause();
  vi.advanceTimersByTime(1000);
  expect([ping.mock.calls.length, dead.mock.calls.length]).toEqual([10, 0]);
  watch.resume();
  vi.advanceTimersByTime(300);
  expect([ping.mock.calls.length, dead.mock.calls.length]).toEqual([12, 0]);
  vi.advanceTimersByTime(100);
  expect(dead.mock.calls).toEqual([[300]]);
});

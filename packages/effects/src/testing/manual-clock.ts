import type { Clock } from '../clock.ts';

/** A clock that stands still until told otherwise. */
export interface ManualClock extends Clock {
  /** Moves time forward and wakes, in order, every sleeper whose time has come. */
  advance(ms: number): Promise<void>;
  /** How many sleepers wait: a test asserts 0 at its end. */
  readonly sleepers: number;
}

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/** A {@link ManualClock} that begins at `start` (milliseconds since the epoch). */
export function manualClock(start = 0): ManualClock {
  let now = start;
  let sleepers: Sleeper[] = [];
  return {
    now: () => now,
    monotonicMs: () => now - start,
    get sleepers() {
      return sleepers.length;
    },
    sleep(ms, { signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const leave = () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          signal?.removeEventListener('abort', abort);
        };
        const abort = () => {
          leave();
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          at: now + ms,
          wake() {
            leave();
            resolve();
          },
        };
        signal?.addEventListener('abort', abort);
        sleepers.push(sleeper);
      });
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = sleepers.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        now = Math.max(now, next.at);
        next.wake();
        await new Promise(setImmediate);
      }
      now = end;
    },
  };
}

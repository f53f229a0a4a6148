import type { Clock } from '@spawnkit/effects';

/** Aborts when one wait for something takes too long. */
export interface IdleGuard extends Disposable {
  readonly signal: AbortSignal;
  /** Time counts while this runs, and begins anew with each. */
  during<T>(run: () => Promise<T>): Promise<T>;
}

export function idleGuard(clock: Clock, idleMs: number): IdleGuard {
  const idle = new AbortController();
  const stop = new AbortController();
  let since: number | undefined;
  const rest = () => (since === undefined ? idleMs : since + idleMs - clock.monotonicMs());
  const watch = async () => {
    for (let ms = rest(); ms > 0; ms = rest()) await clock.sleep(ms, { signal: stop.signal });
    idle.abort();
  };
  watch().catch(() => {});
  return {
    signal: idle.signal,
    async during(run) {
      since = clock.monotonicMs();
      try {
        return await run();
      } finally {
        since = undefined;
      }
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}

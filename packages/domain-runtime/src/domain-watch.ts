import { type Clock, systemClock } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import { domainStopped } from './domain-stopped.ts';
import { DomainRuntimeError } from './errors.ts';
import { followDomain } from './lifecycle-changes.ts';
import { isOver, type Observation, observerOf } from './observe.ts';
import { race } from './race.ts';

/** States that a wait may end in. */
export type AwaitedState = 'RUNNING' | 'PAUSED' | 'SHUTOFF';

export interface UntilOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Follows one domain's lifecycle from the moment it was armed. Leaving its scope (`await using`) disarms it. */
export interface DomainWatch extends AsyncDisposable {
  /**
   * Resolves when the domain is in `state`: it is asked once, and again after each lifecycle event; nothing is polled. A
   * domain that is gone counts as `SHUTOFF`. Rejects with {@link DomainRuntimeError} `DOMAIN_STOPPED` when the domain stops
   * or crashes while another state is awaited, `WAIT_TIMEOUT`, the connection's error, or the signal's reason.
   */
  until(state: AwaitedState, options: UntilOptions): Promise<void>;
  /**
   * Settles as `run` does, whose signal aborts when this ends otherwise: with {@link DomainRuntimeError} `DOMAIN_STOPPED` as
   * soon as the domain stops, the connection's error, or the signal's reason. For waiting on somebody else.
   */
  whileAlive<T>(run: (signal: AbortSignal) => Promise<T>, options?: { signal?: AbortSignal | undefined }): Promise<T>;
}

export interface WatchOptions {
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Arms a watch. Do this before the act whose outcome is awaited, so that no event is missed. */
export async function watchDomain(conn: Connection, uuid: string, options: WatchOptions = {}): Promise<DomainWatch> {
  const { clock = systemClock, signal } = options;
  const changes = await followDomain(conn, uuid, { signal });
  const observe = observerOf(conn, uuid);

  /** Looks now and after each change, until `judge` answers true or throws. */
  async function look(judge: (seen: Observation) => boolean, signal: AbortSignal): Promise<Observation> {
    for (;;) {
      const change = changes.next();
      const seen = await observe(signal);
      if (judge(seen)) return seen;
      await change;
    }
  }

  return {
    async until(wanted, { timeoutMs, signal }) {
      let last: Observation | undefined;
      const judge = (seen: Observation) => {
        last = seen;
        if (seen.state === wanted || (wanted === 'SHUTOFF' && seen.state === 'ABSENT')) return true;
        if (isOver(seen) && wanted !== 'SHUTOFF') throw domainStopped(uuid, wanted, seen);
        return false;
      };
      await race<unknown>(signal, [
        (stop) => look(judge, stop),
        async (stop) => {
          await clock.sleep(timeoutMs, { signal: stop });
          throw tooLate(uuid, wanted, last, timeoutMs);
        },
      ]);
    },

    async whileAlive(run, { signal } = {}) {
      return race(signal, [
        run,
        async (stop) => {
          throw domainStopped(uuid, 'a living domain', await look(isOver, stop));
        },
      ]);
    },

    async [Symbol.asyncDispose]() {
      await changes[Symbol.asyncDispose]();
    },
  };
}

function tooLate(uuid: string, wanted: AwaitedState, seen: Observation | undefined, timeoutMs: number): Error {
  const now = seen ? `it is ${seen.state} (${seen.reason})` : 'the daemon did not say what it is';
  return new DomainRuntimeError(
    'WAIT_TIMEOUT',
    `Domain ${uuid} did not become ${wanted} within ${timeoutMs / 1000} s; ${now}`,
    {
      fix: "See the end of its console log and libvirt's log of the domain.",
      context: { uuid, wanted, timeoutMs, ...seen },
    },
  );
}

import { type Clock, systemClock } from '@spawnkit/effects';
import { type Connection, ConnectionLostError, type EventGap } from '@spawnkit/libvirt';
import { lastConsoleLines } from './console-lines.ts';
import { domainStopped } from './domain-stopped.ts';
import { DomainRuntimeError } from './errors.ts';
import { followDomain, type LifecycleChanges } from './lifecycle-changes.ts';
import { isOver, type Observation, observerOf } from './observe.ts';
import { race } from './race.ts';

/** States that a wait may end in. */
export type AwaitedState = 'RUNNING' | 'PAUSED' | 'SHUTOFF' | 'CRASHED';

export interface UntilOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Follows one domain's lifecycle from the moment it was armed. Leaving its scope (`await using`) disarms it. */
export interface DomainWatch extends AsyncDisposable {
  /**
   * Resolves, with state and reason, when the domain is in that state, or in one of those: it is asked once, and again after
   * each lifecycle event; nothing is polled. A domain that is gone counts as `SHUTOFF`. Rejects with
   * {@link DomainRuntimeError} `DOMAIN_STOPPED` when the domain stops or crashes while something else is awaited,
   * `WAIT_TIMEOUT`, the connection's error, or the signal's reason.
   */
  until(state: AwaitedState | readonly AwaitedState[], options: UntilOptions): Promise<Observation>;
  /**
   * Settles as `run` does, whose signal aborts when this ends otherwise: with {@link DomainRuntimeError} `DOMAIN_STOPPED` as
   * soon as the domain stops, the connection's error, or the signal's reason. For waiting on somebody else.
   */
  whileAlive<T>(run: (signal: AbortSignal) => Promise<T>, options?: { signal?: AbortSignal | undefined }): Promise<T>;
}

export interface WatchOptions {
  readonly clock?: Clock;
  /** Log of the guest's console, whose last lines a `DOMAIN_STOPPED` shows. */
  readonly consoleLogPath?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Arms a watch. Do this before the act whose outcome is awaited, so that no event is missed. On a connection that is renewed
 * when it is lost, waits outlive that, and look again.
 */
export async function watchDomain(
  conn: Connection<EventGap>,
  uuid: string,
  options: WatchOptions = {},
): Promise<DomainWatch> {
  const { clock = systemClock, consoleLogPath, signal } = options;
  const changes = await followDomain(conn, uuid, { signal });
  const observe = observerOf(conn, uuid);
  const look = (judge: (seen: Observation) => boolean, stop: AbortSignal) =>
    lookUntil({ changes, observe }, judge, stop);
  const stopped = async (wanted: string, seen: Observation) =>
    domainStopped(uuid, wanted, seen, { consoleLines: consoleLogPath ? await lastConsoleLines(consoleLogPath) : [] });

  return {
    async until(state, { timeoutMs, signal }) {
      const wanted: readonly string[] = typeof state === 'string' ? [state] : state;
      const endIsWanted = wanted.includes('SHUTOFF');
      let last: Observation | undefined;
      const isWanted = (seen: Observation) => wanted.includes(seen.state) || (endIsWanted && seen.state === 'ABSENT');
      const judge = (seen: Observation) => {
        last = seen;
        return isWanted(seen) || (isOver(seen) && !endIsWanted);
      };
      return race<Observation>(signal, [
        async (stop) => {
          const seen = await look(judge, stop);
          if (isWanted(seen)) return seen;
          throw await stopped(wanted.join(' or '), seen);
        },
        async (stop) => {
          await clock.sleep(timeoutMs, { signal: stop });
          throw tooLate(uuid, wanted.join(' or '), last, timeoutMs);
        },
      ]);
    },

    async whileAlive(run, { signal } = {}) {
      return race(signal, [
        run,
        async (stop) => {
          throw await stopped('a living domain', await look(isOver, stop));
        },
      ]);
    },

    async [Symbol.asyncDispose]() {
      await changes[Symbol.asyncDispose]();
    },
  };
}

interface Look {
  readonly changes: LifecycleChanges;
  readonly observe: ReturnType<typeof observerOf>;
}

/** Looks now and after each change, until `judge` answers true. */
async function lookUntil(
  { changes, observe }: Look,
  judge: (seen: Observation) => boolean,
  signal: AbortSignal,
): Promise<Observation> {
  for (;;) {
    const change = changes.next();
    const seen = await unlessLost(observe(signal));
    if (seen && judge(seen)) return seen;
    // Where the connection is not renewed, this rejects with why.
    await change;
  }
}

/** Undefined when the connection was lost under the question: its end, or its renewal, is a change, too. */
async function unlessLost(asking: Promise<Observation>): Promise<Observation | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ConnectionLostError) return undefined;
    throw error;
  }
}

function tooLate(uuid: string, wanted: string, seen: Observation | undefined, timeoutMs: number): Error {
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

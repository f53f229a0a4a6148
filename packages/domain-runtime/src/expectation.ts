import type { Clock } from '@spawnkit/effects';
import { DomainRuntimeError } from './errors.ts';
import type { ExpectedEvent } from './expected-events.ts';
import { type InstanceEvent, keyOf } from './instance-event.ts';

/** An armed wait. Leaving its scope (`using`) disarms it. */
export interface Expectation extends Disposable {
  /** Events that have not come. */
  readonly missing: readonly ExpectedEvent[];
  /**
   * Resolves when all events have completed. Rejects with {@link DomainRuntimeError} `EVENT_FAILED` as soon as one comes
   * with another status, `EVENT_TIMEOUT` when `timeoutMs` for all of them together is over, `EVENTS_CLOSED`, or the
   * signal's reason. The wait is disarmed afterwards, whatever the outcome.
   */
  wait(options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined }): Promise<void>;
  cancel(): void;
}

/** The waiter's side of an {@link Expectation}. */
export interface ArmedWait extends Expectation {
  /** Takes an event; false when it is none that was expected. */
  settle(event: InstanceEvent): boolean;
  fail(error: DomainRuntimeError): void;
}

/** Begins to expect events; `disarm` is called when nothing has to be told to this wait any more. */
export function armWait(
  instanceUuid: string,
  events: readonly ExpectedEvent[],
  clock: Clock,
  disarm: () => void,
): ArmedWait {
  const missing = new Map(events.map((event) => [keyOf({ instanceUuid, ...event }), event]));
  const expected = new Set(missing.keys());
  const outcome = Promise.withResolvers<void>();
  // A wait that nobody awaits must not end the process when it fails.
  outcome.promise.catch(() => {});
  if (missing.size === 0) outcome.resolve();

  return {
    get missing() {
      return [...missing.values()];
    },
    settle(event) {
      const key = keyOf(event);
      if (!expected.has(key)) return false;
      // A second one is taken, too, and changes nothing: kept as early, it would settle somebody's next wait.
      if (!missing.has(key)) return true;
      if (event.status !== COMPLETED) {
        outcome.reject(failed(event));
      } else {
        missing.delete(key);
        if (missing.size === 0) outcome.resolve();
      }
      return true;
    },
    fail: (error) => outcome.reject(error),
    async wait({ timeoutMs, signal }) {
      const timer = new AbortController();
      const ends = signal ? AbortSignal.any([timer.signal, signal]) : timer.signal;
      const deadline = clock.sleep(timeoutMs, { signal: ends }).then(() => {
        throw timedOut(instanceUuid, [...missing.values()], timeoutMs);
      });
      try {
        await Promise.race([outcome.promise, deadline]);
      } finally {
        timer.abort();
        deadline.catch(() => {});
        disarm();
      }
    },
    cancel: disarm,
    [Symbol.dispose]: disarm,
  };
}

const COMPLETED = 'completed';

function describe(event: { name: string; tag?: string | undefined }): string {
  return event.tag ? `${event.name} of port ${event.tag}` : event.name;
}

function failed(event: InstanceEvent): DomainRuntimeError {
  return new DomainRuntimeError(
    'EVENT_FAILED',
    `Instance ${event.instanceUuid}: ${describe(event)} came with status "${event.status}" where "${COMPLETED}" was awaited`,
    { fix: 'The log of the network service says why the port could not be bound.', context: { ...event } },
  );
}

function timedOut(instanceUuid: string, missing: readonly ExpectedEvent[], timeoutMs: number): DomainRuntimeError {
  return new DomainRuntimeError(
    'EVENT_TIMEOUT',
    `Instance ${instanceUuid}: ${missing.map(describe).join(', ')} did not come within ${timeoutMs / 1000} s`,
    {
      fix: 'See whether the network service runs and bound the port, or set vifPluggingIsFatal to false.',
      context: { instanceUuid, missing: missing.map(describe), timeoutMs },
    },
  );
}

import type { Clock } from '@spawnkit/effects';
import { DomainRuntimeError } from './errors.ts';
import type { ExpectedEvent } from './expected-events.ts';
import { type InstanceEvent, keyOf } from './instance-event.ts';

export interface ExpectationOptions {
  readonly timeoutMs: number;
  /** Told of each event that came with another status than completed; the wait goes on for the others then. */
  readonly onFailed?: ((error: DomainRuntimeError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An armed wait. Leaving its scope (`using`) disarms it. */
export interface Expectation extends Disposable {
  /** Events that have not come. */
  readonly missing: readonly ExpectedEvent[];
  /**
   * Resolves when all events have completed. Rejects with {@link DomainRuntimeError} `EVENT_FAILED` as soon as one comes
   * with another status (unless somebody is told of those), `EVENT_TIMEOUT` when `timeoutMs` for all of them together is over,
   * `EVENTS_CLOSED`, or the signal's reason. The wait is disarmed afterwards, whatever the outcome.
   */
  wait(options: ExpectationOptions): Promise<void>;
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
  const failures: DomainRuntimeError[] = [];
  const waits = new Set<() => void>();
  let closed: DomainRuntimeError | undefined;
  const changed = () => {
    for (const look of waits) look();
  };

  function outcome(
    onFailed: ExpectationOptions['onFailed'],
  ): PromiseWithResolvers<void> & { readonly look: () => void } {
    const settlers = Promise.withResolvers<void>();
    let told = 0;
    const look = () => {
      if (closed) settlers.reject(closed);
      for (const failure of failures.slice(told)) {
        if (onFailed) onFailed(failure);
        else settlers.reject(failure);
      }
      told = failures.length;
      if (missing.size === 0) settlers.resolve();
    };
    return { ...settlers, look };
  }

  return {
    get missing() {
      return [...missing.values()];
    },
    settle(event) {
      const key = keyOf(event);
      if (!expected.has(key)) return false;
      // A second one is taken, too, and changes nothing: kept as early, it would settle somebody's next wait.
      if (!missing.delete(key)) return true;
      if (event.status !== COMPLETED) failures.push(failed(event));
      changed();
      return true;
    },
    fail(error) {
      closed = error;
      changed();
    },
    async wait({ timeoutMs, onFailed, signal }) {
      const timer = new AbortController();
      const ends = signal ? AbortSignal.any([timer.signal, signal]) : timer.signal;
      const deadline = clock.sleep(timeoutMs, { signal: ends }).then(() => {
        throw timedOut(instanceUuid, [...missing.values()], timeoutMs);
      });
      const { promise, look } = outcome(onFailed);
      waits.add(look);
      look();
      try {
        await Promise.race([promise, deadline]);
      } finally {
        waits.delete(look);
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

import { type Clock, type Logger, silentLogger, systemClock } from '@spawnkit/effects';
import { DomainRuntimeError } from './errors.ts';
import { type ArmedWait, armWait, type Expectation } from './expectation.ts';
import type { ExpectedEvent } from './expected-events.ts';
import { type InstanceEvent, keyOf } from './instance-event.ts';

export interface EventWaiterOptions {
  readonly clock?: Clock;
  readonly log?: Logger;
  /** How long an event that nobody expects yet is kept, in milliseconds. Default 5 minutes. */
  readonly keepEarlyMs?: number;
  /** How many such events are kept. Default 1000; the oldest go first. */
  readonly keepEarlyCount?: number;
}

/** Where events and those who wait for them meet. */
export interface EventWaiter {
  /** Arms a wait. Do this before the act that causes the events; events that came earlier still are found. */
  expect(instanceUuid: string, events: readonly ExpectedEvent[]): Expectation;
  /** Hands over an event; answers whether somebody waits for it. Strangers and duplicates are harmless. */
  deliver(event: InstanceEvent): boolean;
  /** Ends all waits with `EVENTS_CLOSED`, and refuses new ones. */
  close(): void;
  /** How many waits are armed. */
  readonly pending: number;
}

/** A waiter for events that are delivered inside this process. */
export function createEventWaiter(options: EventWaiterOptions = {}): EventWaiter {
  const { clock = systemClock, log = silentLogger, keepEarlyMs = 300_000, keepEarlyCount = 1000 } = options;
  const armed = new Set<ArmedWait>();
  const early = new Map<string, { event: InstanceEvent; at: number }>();
  let closed: DomainRuntimeError | undefined;

  return {
    get pending() {
      return armed.size;
    },

    expect(instanceUuid, events) {
      if (closed) throw closed;
      const wait = armWait(instanceUuid, events, clock, () => armed.delete(wait));
      if (events.length > 0) armed.add(wait);
      for (const { name, tag } of events) {
        const key = keyOf({ instanceUuid, name, tag });
        const found = early.get(key);
        early.delete(key);
        if (found && clock.monotonicMs() - found.at <= keepEarlyMs) wait.settle(found.event);
      }
      return wait;
    },

    deliver(event) {
      const taken = [...armed].filter((wait) => wait.settle(event));
      if (taken.length > 0) return true;
      const key = keyOf(event);
      // Taken out first: the map's order is the order of age.
      early.delete(key);
      early.set(key, { event, at: clock.monotonicMs() });
      forgetOld();
      log.debug('event that nobody waits for yet', { ...event });
      return false;
    },

    close() {
      closed ??= new DomainRuntimeError(
        'EVENTS_CLOSED',
        'No events are awaited any more: the process is shutting down',
      );
      for (const wait of armed) wait.fail(closed);
      armed.clear();
      early.clear();
    },
  };

  function forgetOld(): void {
    const now = clock.monotonicMs();
    for (const [key, { at }] of early) {
      if (early.size <= keepEarlyCount && now - at <= keepEarlyMs) return;
      early.delete(key);
    }
  }
}

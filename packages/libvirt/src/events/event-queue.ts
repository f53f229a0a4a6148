import { EventsLostError } from './events-lost-error.ts';

/** What happens to events that nobody has taken yet. */
export interface EventQueueOptions {
  /** How many may wait; default 1000. */
  readonly limit?: number | undefined;
  /**
   * When one more comes: `error` (default) ends the subscription, and after the waiting events the consumer gets
   * {@link EventsLostError}; `dropOldest` forgets the oldest and counts it.
   */
  readonly overflow?: 'error' | 'dropOldest' | undefined;
}

/** The events between the connection's reader, which never waits, and one consumer, who may. */
export interface EventQueue<T> {
  /** False when the queue has overflowed and takes no more. */
  push(event: T): boolean;
  /** No more events: consumers get those that wait, then `error` once, or the end. Only the first call counts. */
  end(error?: unknown): void;
  /** Forgets the waiting events, then ends. */
  discard(error?: unknown): void;
  next(): Promise<IteratorResult<T, undefined>>;
  /** How many events were forgotten. */
  readonly dropped: number;
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** An empty queue. Throws a RangeError for a limit below 1. */
export function eventQueue<T>({ limit = 1000, overflow = 'error' }: EventQueueOptions = {}): EventQueue<T> {
  if (!(limit >= 1)) throw new RangeError(`An event queue holds at least 1 event, not ${limit}`);
  const waiting: T[] = [];
  const waiters: Waiter<T>[] = [];
  let over = false;
  let failure: { readonly error: unknown } | undefined;
  let dropped = 0;

  const end = (error?: unknown) => {
    if (over) return;
    over = true;
    if (error !== undefined) failure = { error };
    for (const waiter of waiters.splice(0)) settle(waiter);
  };
  const settle = (waiter: Waiter<T>) => {
    if (!failure) return waiter.resolve({ done: true, value: undefined });
    const { error } = failure;
    failure = undefined;
    waiter.reject(error);
  };

  return {
    push(event) {
      if (over) return false;
      const waiter = waiters.shift();
      if (waiter) {
        waiter.resolve({ done: false, value: event });
        return true;
      }
      if (waiting.length >= limit) {
        if (overflow === 'error') {
          end(new EventsLostError(limit));
          return false;
        }
        waiting.shift();
        dropped++;
      }
      waiting.push(event);
      return true;
    },
    end,
    discard(error) {
      waiting.length = 0;
      failure = undefined;
      end(error);
    },
    next() {
      if (waiting.length > 0) return Promise.resolve({ done: false, value: waiting.shift() as T });
      return new Promise((resolve, reject) => {
        if (over) settle({ resolve, reject });
        else waiters.push({ resolve, reject });
      });
    },
    get dropped() {
      return dropped;
    },
  };
}

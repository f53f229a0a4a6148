import type { EventMessage } from '../client/procedure.ts';
import { XdrReader } from '../xdr/xdr-reader.ts';
import { type EventGap, eventGap } from './event-gap.ts';
import { type EventQueue, type EventQueueOptions, eventQueue } from './event-queue.ts';
import type { EventHub, HubListener, Registration } from './event-hub.ts';

export interface SubscribeOptions {
  /** Ends the subscription: whoever waits for an event gets the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly queue?: EventQueueOptions | undefined;
}

/**
 * The events of one subscription, in the order the daemon sent them, for one consumer. `break` out of `for await`,
 * `return()` and leaving its scope (`await using`) deregister at the daemon, once. A lost connection is thrown as
 * `ConnectionLostError` after the events that had come; a connection that was closed here ends the iteration. Where the
 * connection is renewed (`reconnect`), an `EventGap` stands for what was not seen.
 */
export interface EventStream<T> extends AsyncIterableIterator<T, undefined, unknown>, AsyncDisposable {
  next(): Promise<IteratorResult<T, undefined>>;
  return(): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): EventStream<T>;
  /** How many events were forgotten under `overflow: 'dropOldest'`. */
  readonly dropped: number;
}

/** An event message that is only read. */
export interface WireEvent extends Omit<EventMessage<never>, 'codec'> {
  readonly codec: { readonly decode: (reader: XdrReader) => unknown };
}

/** What a subscription is made of. */
export interface Subscription<T> {
  readonly hub: EventHub;
  readonly registration: Registration;
  readonly message: WireEvent;
  /** Turns the message's body into the event that callers see. */
  readonly shape: (body: unknown) => T;
  /** Told why the daemon would not release a registration. */
  readonly onStray: (error: unknown) => void;
}

/**
 * Registers at the daemon, and answers when the daemon has said so: every event from now on is seen. Rejects with the
 * daemon's error or the signal's reason; then nothing stays registered.
 */
export async function subscribe<T>(
  { hub, registration, message, shape, onStray }: Subscription<T>,
  { signal, queue: queueOptions }: SubscribeOptions = {},
): Promise<EventStream<T | EventGap>> {
  signal?.throwIfAborted();
  const queue = eventQueue<T | EventGap>(queueOptions);
  const listener: HubListener = {
    deliver(payload) {
      if (!take(queue, () => shape(decode(message, payload)))) void release();
    },
    gap() {
      if (!queue.push(eventGap)) void release();
    },
    end: (error) => queue.end(error),
  };
  // Without the signal: what the daemon has registered must be known even when nobody waits for it any more.
  const joined = hub.join(registration, listener);
  let released: Promise<void> | undefined;
  const release = () => {
    signal?.removeEventListener('abort', abort);
    released ??= joined.then(
      () => hub.leave(registration, listener).catch(onStray),
      () => {},
    );
    return released;
  };
  const abort = () => {
    queue.discard(signal?.reason);
    void release();
  };
  signal?.addEventListener('abort', abort, { once: true });

  try {
    await unlessAborted(joined, signal);
  } catch (error) {
    signal?.removeEventListener('abort', abort);
    throw error;
  }
  return streamOf(queue, release);
}

/** False when the queue takes no more. */
function take<T>(queue: EventQueue<T>, read: () => T): boolean {
  try {
    return queue.push(read());
  } catch (error) {
    queue.end(error);
    return false;
  }
}

function decode({ codec }: WireEvent, payload: Uint8Array): unknown {
  const reader = new XdrReader(payload);
  const body = codec.decode(reader);
  reader.end();
  return body;
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function streamOf<T>(queue: EventQueue<T>, release: () => Promise<void>): EventStream<T> {
  const leave = async () => {
    queue.discard();
    await release();
  };
  return {
    next: () => queue.next(),
    async return() {
      await leave();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: leave,
    get dropped() {
      return queue.dropped;
    },
  };
}

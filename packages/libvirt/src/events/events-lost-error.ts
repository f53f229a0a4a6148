/** A consumer was slower than its events for so long that its queue overflowed. List the objects again. */
export class EventsLostError extends Error {
  override readonly name = 'EventsLostError';
  readonly code = 'EVENTS_LOST';
  readonly context: { readonly limit: number };

  constructor(limit: number) {
    super(
      `More than ${limit} events waited for their consumer, and the subscription has ended. List the objects again ` +
        'and subscribe anew; take events faster, or give queue.limit or queue.overflow: "dropOldest"',
    );
    this.context = { limit };
  }
}

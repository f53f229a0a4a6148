/**
 * Stands in a subscription where its connection was lost and is there again: events in between were not seen. List the
 * objects again when it comes; everything that happens afterwards is seen.
 */
export interface EventGap {
  readonly type: 'gap';
}

export const eventGap: EventGap = { type: 'gap' };

/** Whether this is no event but the place of those that are missing. */
export function isGap(event: unknown): event is EventGap {
  return typeof event === 'object' && event !== null && 'type' in event && event.type === eventGap.type;
}

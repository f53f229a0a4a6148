/** How long to wait before trying again. */
export interface Backoff {
  /** Before the first attempt; default 250. */
  readonly minDelayMs?: number | undefined;
  /** Before any later one; default 10,000. */
  readonly maxDelayMs?: number | undefined;
}

/**
 * The wait before attempt `attempt`, counted from 0: anything between the least wait and a bound that doubles each time, so
 * that clients that lost a server at the same moment do not come back at the same moment. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, { minDelayMs = 250, maxDelayMs = 10_000 }: Backoff, random: number): number {
  const doublings = Math.min(attempt + 1, 31);
  const bound = Math.min(Math.max(minDelayMs, 1) * 2 ** doublings, maxDelayMs);
  return minDelayMs + random * (bound - minDelayMs);
}

/** Throws a RangeError for delays that are no delays. */
export function checkBackoff({ minDelayMs = 250, maxDelayMs = 10_000 }: Backoff): void {
  if (minDelayMs >= 0 && maxDelayMs >= minDelayMs && maxDelayMs < 2 ** 31) return;
  throw new RangeError(
    `Delays of ${minDelayMs} to ${maxDelayMs} ms; the first must be at least 0, the second no less, and below 2^31`,
  );
}

/** What a set of timings says, in milliseconds. */
export interface Timing {
  readonly median: number;
  readonly best: number;
  readonly p90: number;
  readonly count: number;
}

export function timing(milliseconds: readonly number[]): Timing {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
  return { median: at(0.5), best: at(0), p90: at(0.9), count: sorted.length };
}

/** Runs something and answers how many milliseconds it took. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

import { once } from 'node:events';

/** One case of a script that runs in user-mode Linux. */
export interface UmlCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Runs cases one after the other; prints how each came out, one JSON object per line. */
export async function reportCases(cases: readonly UmlCase[]): Promise<void> {
  for (const { name, run } of cases) {
    const error = await run().then(
      () => undefined,
      (reason: unknown) => (reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)),
    );
    const isFull = !process.stdout.write(`${JSON.stringify({ name, error })}\n`);
    if (isFull) await once(process.stdout, 'drain');
  }
}

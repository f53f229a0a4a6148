/** One case of a script that runs in user-mode Linux. */
export interface UmlCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Runs cases one after the other, and prints how each came out: one JSON object per line. */
export async function reportCases(cases: readonly UmlCase[]): Promise<void> {
  for (const { name, run } of cases) {
    const error = await run().then(
      () => undefined,
      (reason: unknown) => (reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)),
    );
    process.stdout.write(`${JSON.stringify({ name, error })}\n`);
  }
}

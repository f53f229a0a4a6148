import { beforeAll, expect, test } from 'vitest';
import { runInUml, setUpUml, type UmlOutcome, type UmlRun } from './uml.ts';

/** One machine runs the cases; each is told of as a test of its own. */
export function casesInUml({ names, ...run }: UmlRun & { readonly names: readonly string[] }): void {
  let outcomes: ReadonlyMap<string, UmlOutcome>;
  beforeAll(
    async () => {
      await setUpUml();
      outcomes = await runInUml({ ...run, names });
    },
    600_000 + run.seconds * 1000,
  );
  test.each(names)('%s', (name) => {
    expect(outcomes.get(name)).toEqual({ name });
  });
}

import { beforeAll, expect, test } from 'vitest';
import { runInUml, setUpUml, type UmlOutcome, type UmlRun } from './run-in-uml.ts';

export interface CasesInUml extends UmlRun {
  readonly names: readonly string[];
  /** Groups of tooling/setup/debian, beside `base` and `uml`. */
  readonly groups?: readonly string[];
}

/** One machine runs the cases; each is told of as a test of its own. */
export function casesInUml({ names, groups, ...run }: CasesInUml): void {
  let outcomes: ReadonlyMap<string, UmlOutcome>;
  beforeAll(
    async () => {
      await setUpUml(groups);
      outcomes = await runInUml({ ...run, names });
    },
    600_000 + run.seconds * 1000,
  );
  test.each(names)('%s', (name) => {
    expect(outcomes.get(name)).toEqual({ name });
  });
}

import { beforeAll, describe, expect, test } from 'vitest';
import { runInUml, setUpUml, type UmlOutcome, type UmlRun } from './run-in-uml.ts';

export interface SuitesInUml extends Omit<UmlRun, 'suite' | 'names'> {
  /** The names of their cases, by suite; those that take longest first. */
  readonly suites: Readonly<Record<string, readonly string[]>>;
  /** Groups of tooling/setup/debian, beside `base` and `uml`. */
  readonly groups?: readonly string[];
}

/** A machine has one processor, so two of them keep a small host busy. */
const MACHINES = 2;

/** Each suite has a machine of its own, some of which run at the same time; each case is told of as a test of its own. */
export function suitesInUml({ suites, groups, ...run }: SuitesInUml): void {
  const all = Object.entries(suites);
  const outcomes = new Map<string, ReadonlyMap<string, UmlOutcome>>();
  beforeAll(
    async () => {
      await setUpUml(groups);
      const waiting = [...all];
      const work = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift())
          outcomes.set(next[0], await runInUml({ ...run, suite: next[0], names: next[1] }));
      };
      const ended = await Promise.allSettled(Array.from({ length: MACHINES }, work));
      for (const one of ended) if (one.status === 'rejected') throw one.reason;
    },
    600_000 + all.length * run.seconds * 1000,
  );
  describe.each(all)('%s', (suite, names) => {
    test.each(names)('%s', (name) => {
      expect(outcomes.get(suite)?.get(name)).toEqual({ name });
    });
  });
}

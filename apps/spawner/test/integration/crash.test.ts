import { beforeAll, expect, test } from 'vitest';
import { openLane } from '../sweep/lane.ts';
import { plainSpecimen } from '../sweep/specimens.ts';
import { sweepKilledCollections, sweepKilledDeletes, sweepKilledLaunches } from '../sweep/sweep.ts';
import { SWEEP_MS } from '../sweep/sweeps.ts';
import { openLab, type Tiny } from './lab.ts';

let tiny: Tiny;
beforeAll(() => {
  tiny = openLab();
});

test.each([
  // The first, two for each of four acts, and that all is well; beside them those of commands.
  ['a launch is killed', sweepKilledLaunches, 15],
  // That the whole is no longer wanted, and four acts.
  ['a delete is killed or interrupted', sweepKilledDeletes, 10],
  ['one gc after another is killed', sweepKilledCollections, 8],
] as const)(
  'at whatever point %s, gc completes it and nothing of it is left',
  async (_, sweep, least) => {
    await using lane = await openLane(tiny, plainSpecimen);
    expect(await sweep(lane)).toBeGreaterThanOrEqual(least);
  },
  SWEEP_MS,
);

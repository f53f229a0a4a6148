import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab, type Tiny } from '../integration/lab.ts';
import { openLane } from '../sweep/lane.ts';
import { type LockedVolume, openLockedVolume } from '../sweep/locked-volume.ts';
import { overlaySpecimen, rawSpecimen } from '../sweep/specimens.ts';
import { diskSweeps, SWEEP_MS, sweeps } from '../sweep/sweeps.ts';

let tiny: Tiny;
let volume: LockedVolume;
beforeAll(async () => {
  tiny = openLab();
  volume = await openLockedVolume();
});
afterAll(async () => await volume?.[Symbol.asyncDispose]());

const cases = [
  ...diskSweeps.map(([what, sweep]) => ['raw', what, sweep] as const),
  ...sweeps.map(([what, sweep]) => ['qcow2', what, sweep] as const),
];

test.each(cases)(
  'with disks of type %s, at whatever point %s, nothing of it is left',
  async (imagesType, _, sweep) => {
    const specimen = imagesType === 'raw' ? rawSpecimen(tiny) : overlaySpecimen(volume.specification);
    await using lane = await openLane(tiny, specimen);
    expect(await sweep(lane)).toBeGreaterThan(5);
  },
  SWEEP_MS,
);

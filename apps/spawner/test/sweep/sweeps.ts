import type { Lane } from './lane.ts';
import { sweepFailedLaunches, sweepKilledCollections, sweepKilledDeletes, sweepKilledLaunches } from './sweep.ts';
import { sweepDoomedInstances, sweepOperation, sweptOperations } from './sweep-operation.ts';

type Sweep = readonly [string, (lane: Lane) => Promise<number>];

/** What may happen to what a spawner does, where disks are a part of it; each answers at how many points it has. */
export const diskSweeps: readonly Sweep[] = [
  ['a launch is killed', sweepKilledLaunches],
  ['a launch is interrupted or fails', sweepFailedLaunches],
  ['a delete is killed or interrupted', sweepKilledDeletes],
  ['one gc after another is killed', sweepKilledCollections],
  ['a rescue is killed, interrupted or fails', (lane) => sweepOperation(lane, sweptOperations.rescue)],
  ['a rebuild is killed, interrupted or fails', (lane) => sweepOperation(lane, sweptOperations.rebuild)],
];

/** All that may happen. */
export const sweeps: readonly Sweep[] = [
  ...diskSweeps,
  ['an unrescue is killed, interrupted or fails', (lane) => sweepOperation(lane, sweptOperations.unrescue)],
  ['a rebuild is killed before a delete', sweepDoomedInstances],
];

/** A sweep that is not over by then has lost its way. */
export const SWEEP_MS = 900_000;

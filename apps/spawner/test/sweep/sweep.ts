import { expect } from 'vitest';
import { expectLook, type Lane } from './lane.ts';
import { failPoints, interruptPoints, killPoints } from './points.ts';
import type { Point } from './standby.ts';

/** Lets a launch die at each point; what `gc` leaves is whole and can be deleted, and then nothing is left. */
export async function sweepKilledLaunches(lane: Lane): Promise<number> {
  const points = killPoints(await recordsOfLaunch(lane));
  const clean = await lane.look();
  for (const point of points) {
    await die(lane, lane.launch, point);
    await lane.collect();
    await lane.deleteWhole();
    await expectLook(lane.look, clean, nameOf('launch', point));
  }
  return points.length;
}

/** Interrupts a launch at each point, and lets each of its steps fail: it takes everything back by itself. */
export async function sweepFailedLaunches(lane: Lane): Promise<number> {
  const records = await recordsOfLaunch(lane);
  const points = [...interruptPoints(records), ...failPoints(records)];
  const clean = await lane.look();
  for (const point of points) {
    const { code, stderr } = await lane.standby.run(lane.launch, point);
    if (code === 0 && mayBeMissed(point)) await lane.deleteWhole();
    else expectFailure(point, code, stderr);
    await expectLook(lane.look, clean, nameOf('launch', point));
  }
  return points.length;
}

/**
 * Lets a delete die at each point of its own, each on an instance of its own; `gc` completes it, or deletes what the delete had
 * not begun with.
 */
export async function sweepKilledDeletes(lane: Lane): Promise<number> {
  await lane.must(lane.launch);
  const records = lane.swept(await lane.standby.records(['delete', await lane.name()]));
  const points = [...killPoints(records), ...interruptPoints(records)];
  const clean = await lane.look();
  for (const point of points) {
    await lane.must(lane.launch);
    const name = await lane.name();
    if (point.moment === 'interrupted') await lane.standby.run(['delete', name], point);
    else await die(lane, ['delete', name], point);
    await lane.collect();
    await lane.deleteWhole();
    await expectLook(lane.look, clean, nameOf('delete', point));
  }
  return points.length;
}

/**
 * Lets one `gc` after the other die, each further on, after a delete that died first: at every point the next goes on where the
 * last one ended. Cheaper than {@link sweepKilledDeletes}: it takes one instance.
 */
export async function sweepKilledCollections(lane: Lane): Promise<number> {
  const clean = await lane.look();
  await lane.must(lane.launch);
  await die(lane, ['delete', await lane.name()], { at: 'reopened', moment: 'after' });
  const points = [...(await pointsOfCollection(lane))];
  await expectLook(lane.look, clean, 'gc');

  await lane.must(lane.launch);
  await die(lane, ['delete', await lane.name()], { at: 'reopened', moment: 'after' });
  for (const point of points) await die(lane, ['gc'], point);
  await lane.collect();
  await expectLook(lane.look, clean, 'gc, killed again and again');
  return points.length;
}

async function pointsOfCollection(lane: Lane): Promise<readonly Point[]> {
  const records = await lane.standby.records(['gc']);
  // What stands in the journal is not written again: in a chain the second of a kind is the first of its process.
  const undone = records.filter((at) => at.startsWith('undone ')).map((at) => at.replace(/ \d+$/, ''));
  return killPoints(undone).filter(({ moment }) => moment !== 'torn');
}

async function recordsOfLaunch(lane: Lane): Promise<readonly string[]> {
  const records = await lane.standby.records(lane.launch);
  await lane.deleteWhole();
  return records;
}

/** Runs a command that is killed at a point. */
export async function die(lane: Lane, args: readonly string[], point: Point): Promise<void> {
  const { signal, code, stderr } = await lane.standby.run(args, point);
  if (code === 0 && mayBeMissed(point)) return;
  expect(signal, `${nameOf(args.join(' '), point)} was not reached: exit code ${code}, ${stderr}`).toBe('SIGKILL');
}

/** A command may be over before it is noted, or hurt; the last step may be over before anybody is heard. */
export function mayBeMissed({ at, moment }: Point): boolean {
  return moment === 'interrupted' || at.startsWith('child ');
}

export function expectFailure(point: Point, code: number | null, stderr: string): void {
  const where = `${nameOf('command', point)}: ${stderr}`;
  if (point.moment === 'interrupted') expect(code, where).toBe(130);
  else expect([1, 6, 7, 8], where).toContain(code);
}

export function nameOf(what: string, { at, moment }: Point): string {
  return `${what}, ${moment} "${at}"`;
}

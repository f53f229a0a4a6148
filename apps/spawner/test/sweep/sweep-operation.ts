import { basename } from 'node:path';
import { findInstance, viewInstance } from '../../src/index.ts';
import { expectLook, type Lane } from './lane.ts';
import { failPoints, interruptPoints, killPoints } from './points.ts';
import type { Point } from './standby.ts';
import { die, expectFailure, mayBeMissed, nameOf } from './sweep.ts';

/** Something that is done to an instance that runs. */
export interface SweptOperation {
  readonly verb: 'rescue' | 'unrescue' | 'rebuild';
  /** Whether the instance is as the operation wants it. */
  readonly isDone: (seen: Seen, before: Seen) => boolean;
  /** Back to where the operation can begin again. */
  readonly reverse?: 'rescue' | 'unrescue';
}

export const sweptOperations = {
  rescue: { verb: 'rescue', isDone: ({ rescued }) => rescued, reverse: 'unrescue' },
  unrescue: { verb: 'unrescue', isDone: ({ rescued }) => !rescued, reverse: 'rescue' },
  rebuild: { verb: 'rebuild', isDone: (seen, before) => seen.root !== before.root },
} as const satisfies Record<string, SweptOperation>;

/**
 * Lets an operation on an instance die, be interrupted and fail at each point. After `gc`, or by itself where it lives, the
 * instance and its host are as they were, or the operation is done.
 */
export async function sweepOperation(lane: Lane, { verb, isDone, reverse }: SweptOperation): Promise<number> {
  await lane.must(lane.launch);
  const name = await lane.name();
  if (verb === 'unrescue') await lane.must(['rescue', name, '--force']);
  const args = [verb, name, '--force'];
  const records = lane.swept(await lane.standby.records(args));
  const goBack = async () => {
    if (reverse) await lane.must([reverse, name, '--force']);
  };
  await goBack();
  const points = [...killPoints(records), ...interruptPoints(records), ...failPoints(records)];
  let before = await lookAt(lane, name);
  for (const point of points) {
    if (['before', 'torn', 'after'].includes(point.moment)) {
      await die(lane, args, point);
      await lane.collect();
    } else {
      const { code, stderr } = await lane.standby.run(args, point);
      if (code !== 0 || !mayBeMissed(point)) expectFailure(point, code, stderr);
    }
    const after = await lookAt(lane, name);
    const isWhole = isDone(after, before);
    // A rebuild that is done has made another disk and says when, and nothing else.
    const wanted = isWhole ? { ...before, root: after.root, definition: after.definition } : before;
    if (!isWhole || !reverse) await expectLook(() => lookAt(lane, name), wanted, nameOf(verb, point));
    if (!isWhole) continue;
    await goBack();
    before = await lookAt(lane, name);
  }
  await lane.deleteWhole();
  return points.length;
}

/** Lets a rebuild die at some points; a delete needs no `gc` then, and leaves nothing. */
export async function sweepDoomedInstances(lane: Lane): Promise<number> {
  const clean = await lane.look();
  const points = ['header', 'intent stop', 'intent files', 'done files', 'intent launch', 'committed'];
  for (const at of points) {
    const point: Point = { at, moment: 'after' };
    await lane.must(lane.launch);
    const name = await lane.name();
    await die(lane, ['rebuild', name, '--force'], point);
    await lane.must(['delete', name]);
    await expectLook(lane.look, clean, nameOf('delete after a rebuild', point));
  }
  return points.length;
}

/** What of an instance and its host an operation that is taken back must leave as it was. */
interface Seen {
  readonly state: string;
  readonly rescued: boolean;
  /** Another root disk is another file, or another image of the cluster. */
  readonly root: string;
  readonly definition: string;
  readonly host: unknown;
}

async function lookAt(lane: Lane, wanted: string): Promise<Seen> {
  await using host = lane.workspace.host();
  const instance = await findInstance(host, wanted);
  const conn = await host.connect();
  const { state, rescued, uuid } = await viewInstance(instance, conn);
  const definition = await (await conn.domains.byUuid(uuid)).xml({ flags: ['INACTIVE'] });
  const { processes, libvirtFiles, ...rest } = await lane.look();
  return {
    state,
    rescued,
    root: await lane.root(uuid),
    definition,
    // Another start has other numbers, and so notes of another size.
    host: { ...rest, processes: processes.map(programOf), libvirtFiles: libvirtFiles.map(withoutNumber) },
  };
}

const programOf = (command: string) => basename(command.split(' ')[0] ?? '');
const withoutNumber = (line: string) => line.replace(/(^|\/|domain-)\d+-/, '$1N-').replace(/ (\d+) \d+$/, ' $1');

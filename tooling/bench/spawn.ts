import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { BenchOptions, Figure, Report } from './report.ts';
import { ourCommands, peakMemoryMiB, version, virsh, virtInstall } from './spawn-commands.ts';
import { coldSpawns, deletes, floors, spawns } from './spawn-in-process.ts';
import { lists } from './spawn-list.ts';
import { openStage, type PreparedGuest, type SpawnStage } from './spawn-stage.ts';
import { stepTimes } from './spawn-steps.ts';
import { inTurns } from './turns.ts';

const root = join(import.meta.dirname, '../..');
const DEFAULT_ROUNDS = 15;
const AT_ONCE = 8;

/**
 * Our spawn of the tiny guest beside the bare floor, beside virsh and virt-install; our delete; what the command line
 * costs. Needs root; starts the lab's libvirt, and leaves nothing but that.
 */
export async function run({ rounds = DEFAULT_ROUNDS }: BenchOptions): Promise<Report> {
  execFileSync(join(root, 'tooling/setup/debian'), ['bench'], { stdio: ['ignore', 2, 2] });
  await using stage = await openStage();
  const [figures, note] = await singleGuests(stage, rounds);
  return {
    what:
      'Spawn of the tiny guest, connecting to the daemon included; floor: define and create of the very same XML, with ' +
      `disks that are there, on an open connection. ${rounds} interleaved rounds, medians.`,
    figures: [
      ...figures,
      await manyAtOnce(stage, Math.ceil(rounds / 3)),
      ...(await commandLine(stage, rounds)),
      {
        what: 'peak memory of `spawner launch`',
        unit: 'MiB',
        ours: { median: await peakMemoryMiB(stage) },
        goal: { atMost: 120 },
      },
    ],
    notes: [note],
  };
}

async function singleGuests(stage: SpawnStage, rounds: number): Promise<[figures: readonly Figure[], note: string]> {
  const bare = await stage.prepared();
  const driven = await stage.prepared({ configDrive: true });
  const steps = stepTimes();
  const [ours, theirs] = [await ourCommands(stage), await virsh(stage, bare)];
  const times = await inTurns(
    [
      { hot: spawns(stage, 1) },
      { floor: floors(stage, [bare]) },
      { driven: spawns(stage, 1, { configDrive: true }, steps) },
      { drivenFloor: floors(stage, [driven]) },
      { cold: await coldSpawns(stage) },
      { launch: ours.make, remove: ours.remove },
      { defineStart: theirs.make, destroyUndefine: theirs.remove },
      { virtInstall: virtInstall(stage, bare) },
      { destroyed: deletes(stage) },
    ],
    rounds,
  );
  const floor = { name: 'floor', theirs: times.floor };
  const defineStart = { name: '`virsh define` and `start`', theirs: times.defineStart };
  const destroyUndefine = { name: '`virsh destroy` and `undefine`', theirs: times.destroyUndefine };
  const figure = (what: string, one: Figure['ours'], peer: Figure['peer'] & object, ratioAtMost?: number): Figure => ({
    what,
    unit: 'ms',
    ours: one,
    peer,
    ...(ratioAtMost !== undefined && { goal: { ratioAtMost } }),
  });
  return [
    [
      figure('hot qcow2', times.hot, floor, 1.08),
      figure('hot qcow2 with config drive', times.driven, { name: 'floor', theirs: times.drivenFloor }, 1.15),
      figure('image of 64 MiB not in the cache', times.cold, floor, 1.3),
      figure('`spawner launch`, the whole process', times.launch, defineStart),
      figure('`spawner launch`, the whole process', times.launch, {
        name: '`virt-install --import`',
        theirs: times.virtInstall,
      }),
      figure('`spawner delete`, the whole process', times.remove, destroyUndefine, 1.1),
      figure('`destroy` of the library', times.destroyed, destroyUndefine),
    ],
    `Steps of a hot spawn with config drive, medians in ms: ${steps.text()}.`,
  ];
}

async function manyAtOnce(stage: SpawnStage, rounds: number): Promise<Figure> {
  const guests: PreparedGuest[] = [];
  for (let index = 0; index < AT_ONCE; index++) guests.push(await stage.prepared());
  const times = await inTurns([{ ours: spawns(stage, AT_ONCE) }, { floor: floors(stage, guests) }], rounds);
  return {
    what: `${AT_ONCE} at once, hot qcow2`,
    unit: 'ms',
    ours: times.ours,
    peer: { name: `floor, ${AT_ONCE} at once`, theirs: times.floor },
    goal: { ratioAtMost: 1.08 },
  };
}

async function commandLine(stage: SpawnStage, rounds: number): Promise<readonly Figure[]> {
  await using many = await lists(stage);
  const times = await inTurns([{ list: many.ours }, { virshList: many.virsh }, { version: version() }], rounds);
  const peer = { name: '`virsh list --all`', theirs: times.virshList };
  return [
    { what: '`spawner list` of 1,000, the whole process', unit: 'ms', ours: times.list, peer, goal: { atMost: 250 } },
    { what: '`spawner --version`, the whole process', unit: 'ms', ours: times.version, goal: { atMost: 80 } },
  ];
}

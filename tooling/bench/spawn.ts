import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import {
  destroyInstance,
  type Host,
  openHost,
  parseSpec,
  type ProgressEvent,
  requestFromSpec,
  type Settings,
  spawn,
  type SpawnedInstance,
} from '../../apps/spawner/src/index.ts';
import { round, timed, timing } from './statistics.ts';

const root = join(import.meta.dirname, '../..');
const DEFAULT_ROUNDS = 15;

/**
 * Our spawn of the tiny guest (qcow2 overlay, cache hot, config drive; connecting to the daemon included) beside the bare
 * floor: define and create of the very same XML on a connection that is open. Needs root; starts the lab's libvirt.
 */
export async function run({ json, rounds = DEFAULT_ROUNDS }: { json: boolean; rounds: number | undefined }) {
  execFileSync(join(root, 'tooling/lab/lab'), ['up', 'libvirt'], { stdio: ['ignore', 2, 2] });
  // Where QEMU's user can reach it, and on a real disk: fsync costs nothing on a tmpfs.
  const directory = mkdtempSync('/var/tmp/spawnkit-bench-');
  await chmod(directory, 0o711);
  try {
    const result = await measure(directory, rounds);
    console.log(json ? JSON.stringify(result, null, 2) : asText(result));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(directory: string, rounds: number) {
  const settings = settingsIn(directory);
  const ours: number[] = [];
  const floor: number[] = [];
  const stepTimes = new Map<string, number[]>();
  // Fills the cache and keeps its disks: the floor starts the very same guest.
  await using kept = openHost({ settings });
  const spawned = await spawn(kept, request('floor'));
  const { uuid } = spawned;
  const xml = await readFile(join(spawned.instancePath, 'libvirt.xml'), 'utf8');
  const conn = await kept.connect();
  const domain = await conn.domains.byUuid(uuid);
  await domain.destroy();
  await domain.undefine();
  try {
    for (let index = 0; index < rounds; index++) {
      const turns = [
        async () => ours.push(await timeOurs(settings, stepTimes)),
        async () => floor.push(await timeFloor()),
      ];
      for (const turn of index % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
  } finally {
    await destroyInstance(kept, spawned);
  }
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, load ${round(loadavg()[0] ?? 0)}`,
    rounds,
    ours: timing(ours),
    floor: timing(floor),
    ratio: round(timing(ours).median / timing(floor).median),
    stepsMs: Object.fromEntries([...stepTimes].map(([step, times]) => [step, timing(times).median])),
    versionMs: timing(await timeVersion(rounds)),
  };

  async function timeFloor(): Promise<number> {
    const took = await timed(async () => (await conn.domains.define(xml)).start());
    const started = await conn.domains.byUuid(uuid);
    await started.destroy();
    await started.undefine();
    return took;
  }
}

async function timeOurs(settings: Settings, stepTimes: Map<string, number[]>): Promise<number> {
  const steps: [string, number][] = [];
  const onProgress = (event: ProgressEvent) => {
    if (event.type === 'step') steps.push([event.step, performance.now()]);
  };
  let spawned: SpawnedInstance | undefined;
  let host: Host | undefined;
  const took = await timed(async () => {
    host = openHost({ settings, onProgress });
    spawned = await spawn(host, request('ours'));
  });
  for (const [index, [step, began]] of steps.entries()) {
    const ended = steps[index + 1]?.[1] ?? performance.now();
    stepTimes.set(step, [...(stepTimes.get(step) ?? []), ended - began]);
  }
  if (host && spawned) await destroyInstance(host, spawned);
  await host?.[Symbol.asyncDispose]();
  return took;
}

async function timeVersion(rounds: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < rounds; index++) {
    times.push(
      await timed(async () => execFileSync(process.execPath, [join(root, 'apps/spawner/dist/cli.js'), '--version'])),
    );
  }
  return times;
}

function request(name: string) {
  const text = `
name: ${name}
image: { source: disk.qcow2 }
kernel: { source: vmlinuz, ramdisk: initramfs.img, commandLine: console=ttyS0 }
flavor: { memory: 128MiB, disk: 256MiB }
networks: [{ network: spawnkit }]
`;
  return requestFromSpec({ spec: parseSpec(text), directory: process.env['SPAWNKIT_TINY'] ?? join(root, '.lab/tiny') });
}

function settingsIn(directory: string): Settings {
  return {
    uri: 'qemu:///system',
    statePath: directory,
    instancesPath: join(directory, 'instances'),
    imagesType: 'qcow2',
    virtType: 'auto',
    tcgTbCacheMib: 64,
    startTimeoutS: 60,
    vifPluggingTimeoutS: 60,
    vifPluggingIsFatal: true,
  };
}

function asText({
  machine,
  rounds,
  ours,
  floor,
  ratio,
  stepsMs,
  versionMs,
}: Awaited<ReturnType<typeof measure>>): string {
  const row = (name: string, { median, best, p90 }: typeof ours) =>
    `${name.padEnd(34)} median ${String(median).padStart(8)} ms   best ${String(best).padStart(8)}   p90 ${String(p90).padStart(8)}`;
  return [
    `spawn, ${rounds} interleaved rounds on ${machine}`,
    row('spawnkit: spawn', ours),
    row('floor: define + create, same XML', floor),
    `ratio ${ratio} (goal: at most 1.25)`,
    `steps, medians in ms: ${Object.entries(stepsMs)
      .map(([step, ms]) => `${step} ${ms}`)
      .join(', ')}`,
    row('spawner --version', versionMs),
  ].join('\n');
}

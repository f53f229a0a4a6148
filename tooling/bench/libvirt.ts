import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connect } from '../../packages/libvirt/src/index.ts';
import { type Measured, python, URI, us, WIDTH } from './libvirt-contenders.ts';
import { DOMAINS, domainXml, prepare, VOLUME_MIB } from './libvirt-stage.ts';
import { round } from './statistics.ts';

const root = join(import.meta.dirname, '../..');
const DEFAULT_ROUNDS = 15;
/** Rounds before any counts: the compiler has settled then. */
const WARM_UP = 3;
const MEMORY_CALLS = 100_000;

/**
 * Our client beside python3-libvirt, which is libvirt's own C library: both do the same things against the same daemon, one
 * after the other within each round. Then how much memory many calls and events leave behind.
 */
export async function run({ json, rounds = DEFAULT_ROUNDS }: { json: boolean; rounds: number | undefined }) {
  execFileSync(join(root, 'tooling/setup/debian'), ['bench'], { stdio: 'inherit' });
  execFileSync(join(root, 'tooling/lab/lab'), ['up', 'libvirt', '--no-network'], { stdio: ['ignore', 2, 2] });
  await using stage = await prepare();
  await using ours = await us(stage);
  await using theirs = python(stage);
  const measured: { ours: Measured[]; theirs: Measured[] } = { ours: [], theirs: [] };
  for (let index = 0; index < rounds + WARM_UP; index++) {
    const order = index % 2 === 0 ? (['ours', 'theirs'] as const) : (['theirs', 'ours'] as const);
    for (const who of order) {
      const one = await (who === 'ours' ? ours : theirs).measure();
      if (index >= WARM_UP) measured[who].push(one);
    }
  }
  const result = summary(measured.ours, measured.theirs, await memory());
  console.log(json ? JSON.stringify(result, null, 2) : asText(result));
}

interface Memory {
  readonly calls: number;
  readonly events: number;
  /** What is still in use afterwards, less what was before. */
  readonly grownKiB: number;
}

/** As many calls as events: each call suspends or resumes a domain of the test driver, which says so. */
async function memory(): Promise<Memory> {
  await using conn = await connect(URI);
  const domain = await conn.domains.define(
    domainXml(`spawnkit-bench-${randomUUID().slice(0, 8)}`).replace('8192', '65536'),
  );
  await domain.start();
  const stream = await conn.events.domain('lifecycle', { domain });
  let events = 0;
  const count = (async () => {
    for await (const _ of stream) if (++events >= MEMORY_CALLS + 2000) break;
  })();
  const toggle = async (times: number) => {
    for (let i = 0; i < times; i += 2) {
      await domain.suspend();
      await domain.resume();
    }
  };
  try {
    await toggle(2000);
    const before = usedBytes();
    await toggle(MEMORY_CALLS);
    const after = usedBytes();
    await count;
    return { calls: MEMORY_CALLS, events: events - 2000, grownKiB: Math.round((after - before) / 1024) };
  } finally {
    await domain.destroy();
    await domain.undefine();
  }
}

function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

interface Line {
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
  readonly goal: string;
  readonly reached: boolean;
}

function summary(ours: readonly Measured[], theirs: readonly Measured[], memory: Memory) {
  const line = (read: (one: Measured) => number, goal: string, judge: (a: number, b: number) => boolean): Line => {
    const [a, b] = [median(ours.map(read)), median(theirs.map(read))];
    return { ours: round(a), theirs: round(b), ratio: round(a / b), goal, reached: judge(a, b) };
  };
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, load ${round(loadavg()[0] ?? 0)}`,
    rounds: ours.length,
    'sequential call, µs': line(
      (one) => median(one.sequential),
      '≤ 1.15 × Python',
      (a, b) => a <= 1.15 * b,
    ),
    'p99 of these, µs': line(
      (one) => share(one.sequential, 0.99),
      '≤ 3 × Python',
      (a, b) => a <= 3 * b,
    ),
    [`${WIDTH} in flight, µs per call`]: line(
      (one) => one.concurrentUs,
      '≤ Python with threads',
      (a, b) => a <= b,
    ),
    'connect and open, ms': line(
      (one) => median(one.openingMs),
      '≤ 1 ms over Python',
      (a, b) => a <= b + 1,
    ),
    [`${VOLUME_MIB} MiB download, MiB/s`]: line(
      (one) => one.downloadMiBs,
      '≥ 500 MiB/s',
      (a) => a >= 500,
    ),
    [`${DOMAINS} domains with state, ms`]: line(
      (one) => one.listingMs,
      'one call',
      () => true,
    ),
    memory: { ...memory, goal: 'flat: < 1 MiB', reached: memory.grownKiB < 1024 },
  };
}

function asText(result: ReturnType<typeof summary>): string {
  const lines = Object.entries(result).flatMap(([name, one]) =>
    typeof one === 'object' && 'ratio' in one
      ? [
          `${name.padEnd(30)} ${String(one.ours).padStart(9)} ${String(one.theirs).padStart(9)}  × ${one.ratio}  ${one.goal}: ${verdict(one)}`,
        ]
      : [],
  );
  const { memory } = result;
  return [
    `${result.machine}; ${result.rounds} rounds, medians of them`,
    `${''.padEnd(30)} ${'ours'.padStart(9)} ${'Python'.padStart(9)}`,
    ...lines,
    `${memory.calls} calls and ${memory.events} events leave ${memory.grownKiB} KiB behind  ${memory.goal}: ${verdict(memory)}`,
  ].join('\n');
}

function verdict({ reached }: { readonly reached: boolean }): string {
  return reached ? 'reached' : 'missed';
}

function median(values: readonly number[]): number {
  return share(values, 0.5);
}

function share(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connect } from '../../packages/libvirt/src/index.ts';
import { type Measured, python, URI, us, WIDTH } from './libvirt-contenders.ts';
import { DOMAINS, domainXml, prepare, VOLUME_MIB } from './libvirt-stage.ts';
import type { BenchOptions, Figure, Goal, Report } from './report.ts';
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
export async function run({ rounds = DEFAULT_ROUNDS }: BenchOptions): Promise<Report> {
  execFileSync(join(root, 'tooling/setup/debian'), ['bench'], { stdio: ['ignore', 2, 2] });
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
  return summary(measured.ours, measured.theirs, await memory());
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

function summary(ours: readonly Measured[], theirs: readonly Measured[], memory: Memory): Report {
  const figure = (
    what: string,
    unit: string,
    read: (one: Measured) => number,
    goal?: (theirs: number) => Goal,
  ): Figure => {
    const [mine, python] = [round(median(ours.map(read))), round(median(theirs.map(read)))];
    const peer = { name: 'python3-libvirt', theirs: { median: python } };
    return { what, unit, ours: { median: mine }, peer, ...(goal && { goal: goal(python) }) };
  };
  return {
    what: `Our client beside libvirt's own C library, called from Python. ${ours.length} interleaved rounds, medians of them.`,
    figures: [
      figure(
        'a call',
        'µs',
        (one) => median(one.sequential),
        () => ({ ratioAtMost: 1.15 }),
      ),
      figure(
        'a call, 99th of 100',
        'µs',
        (one) => share(one.sequential, 0.99),
        () => ({ ratioAtMost: 3 }),
      ),
      figure(
        `a call with ${WIDTH} in flight; theirs: threads`,
        'µs',
        (one) => one.concurrentUs,
        () => ({ ratioAtMost: 1 }),
      ),
      // A millisecond more than theirs.
      figure(
        'connect and open',
        'ms',
        (one) => median(one.openingMs),
        (python) => ({ atMost: round(python + 1) }),
      ),
      figure(
        `download of ${VOLUME_MIB} MiB`,
        'MiB/s',
        (one) => one.downloadMiBs,
        () => ({ atLeast: 500 }),
      ),
      figure(`list of ${DOMAINS} domains with states`, 'ms', (one) => one.listingMs),
      {
        what: `left behind by ${memory.calls} calls and ${memory.events} events`,
        unit: 'KiB',
        ours: { median: memory.grownKiB },
        goal: { atMost: 1024 },
      },
    ],
  };
}

function median(values: readonly number[]): number {
  return share(values, 0.5);
}

function share(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

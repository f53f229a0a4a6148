import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Connection, connect } from '../../packages/libvirt/src/index.ts';
import { call, connectGetLibVersion } from '../../packages/libvirt/src/rpc.ts';
import { round } from './statistics.ts';

const root = join(import.meta.dirname, '../..');
/** With a transport: libvirt's own library has the test driver inside, and would not ask the daemon. */
const URI = 'test+unix:///default';
const DEFAULT_ROUNDS = 15;
/** Rounds before any counts: the compiler has settled then. */
const WARM_UP = 3;
const CALLS = 3000;
const WIDTH = 32;
const OPENINGS = 20;
const VOLUME_MIB = 256;
const DOMAINS = 1000;
const MEMORY_CALLS = 100_000;

/** What one round measures: times in µs, or the unit of the name. */
interface Measured {
  readonly sequential: readonly number[];
  readonly concurrentUs: number;
  readonly openingMs: readonly number[];
  readonly downloadMiBs: number;
  readonly listingMs: number;
}

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

interface Stage extends AsyncDisposable {
  readonly volume: string;
  /** A host of the test driver with many domains, which each connection has for itself. */
  readonly manyDomains: string;
}

interface Contender extends AsyncDisposable {
  measure(): Promise<Measured>;
}

async function prepare(): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'spawnkit-bench-'));
  const pool = join(directory, 'pool');
  mkdirSync(pool);
  const conn = await connect('qemu:///system');
  const name = `spawnkit-bench-${randomUUID().slice(0, 8)}`;
  const storage = await conn.storagePools.createXml(
    `<pool type='dir'><name>${name}</name><target><path>${pool}</path></target></pool>`,
  );
  const volume = await storage.createVolume(
    `<volume><name>disk</name><capacity unit='MiB'>${VOLUME_MIB}</capacity><target><format type='raw'/></target></volume>`,
  );
  const upload = await volume.upload();
  const chunk = Buffer.alloc(1_048_576, 'spawnkit');
  for (let i = 0; i < VOLUME_MIB; i++) upload.write(chunk);
  await new Promise<void>((resolve, reject) => upload.on('error', reject).end(() => resolve()));
  const hosts = join(directory, 'hosts.xml');
  writeFileSync(hosts, `<node>${Array.from({ length: DOMAINS }, (_, i) => domainXml(`d${i}`)).join('')}</node>`);
  return {
    volume: await volume.path(),
    manyDomains: `test+unix://${hosts}`,
    async [Symbol.asyncDispose]() {
      await storage.destroy();
      await conn[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function domainXml(name: string): string {
  return `<domain type='test'><name>${name}</name><uuid>${randomUUID()}</uuid><memory>8192</memory><os><type>hvm</type></os></domain>`;
}

async function us(stage: Stage): Promise<Contender> {
  const conn = await connect(URI);
  const storage = await connect('qemu:///system');
  const many = await connect(stage.manyDomains);
  const trivial = () => call(conn, connectGetLibVersion, undefined);
  return {
    async measure() {
      return {
        sequential: await times(CALLS, trivial),
        concurrentUs: await pipelined(CALLS, WIDTH, trivial),
        openingMs: await openings(OPENINGS),
        downloadMiBs: await downloadSpeed(storage, stage.volume),
        listingMs: await elapsed(async () => {
          const found = await many.domains.stats({ groups: ['STATE'] });
          if (found.length !== DOMAINS) throw new Error(`${found.length} domains instead of ${DOMAINS}`);
        }),
      };
    },
    async [Symbol.asyncDispose]() {
      for (const one of [conn, storage, many]) await one[Symbol.asyncDispose]();
    },
  };
}

/** Microseconds of each call. */
async function times(count: number, act: () => Promise<unknown>): Promise<number[]> {
  const taken = [];
  for (let i = 0; i < count; i++) taken.push((await elapsed(act)) * 1000);
  return taken;
}

/** Microseconds per call, `width` of which are always under way. */
async function pipelined(count: number, width: number, act: () => Promise<unknown>): Promise<number> {
  const line = async () => {
    for (let i = 0; i < Math.floor(count / width); i++) await act();
  };
  const milliseconds = await elapsed(() => Promise.all(Array.from({ length: width }, line)));
  return (milliseconds * 1000) / (Math.floor(count / width) * width);
}

async function openings(count: number): Promise<number[]> {
  const taken = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    const conn = await connect(URI);
    taken.push(performance.now() - started);
    await conn[Symbol.asyncDispose]();
  }
  return taken;
}

async function downloadSpeed(conn: Connection, path: string): Promise<number> {
  const volume = await conn.storagePools.volumeByPath(path);
  const started = performance.now();
  let received = 0;
  const download = await volume.download();
  download.on('data', (chunk: Buffer) => (received += chunk.length));
  await new Promise((resolve, reject) => download.on('end', resolve).on('error', reject));
  return received / 1_048_576 / ((performance.now() - started) / 1000);
}

async function elapsed(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

/** libvirt's own library, in a process that does what it is told. */
function python({ volume, manyDomains }: Stage): Contender {
  // Debian's, since only that one has the binding.
  const child = spawn('/usr/bin/python3', [join(import.meta.dirname, 'libvirt-peer.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async <T>(question: object): Promise<T> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('The Python peer has ended');
    return JSON.parse(value) as T;
  };
  return {
    async measure() {
      return {
        sequential: await ask<number[]>({ act: 'sequential', uri: URI, count: CALLS }),
        concurrentUs: await ask<number>({ act: 'concurrent', uri: URI, count: CALLS, width: WIDTH }),
        openingMs: await ask<number[]>({ act: 'opening', uri: URI, count: OPENINGS }),
        downloadMiBs: await ask<number>({ act: 'download', uri: 'qemu:///system', path: volume }),
        listingMs: (await ask<{ ms: number }>({ act: 'listing', uri: manyDomains })).ms,
      };
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
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

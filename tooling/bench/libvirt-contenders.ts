import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Connection, connect } from '../../packages/libvirt/src/index.ts';
import { call, connectGetLibVersion } from '../../packages/libvirt/src/rpc.ts';
import { DOMAINS, type Stage } from './libvirt-stage.ts';

/** With a transport: libvirt's own library has the test driver inside, and would not ask the daemon. */
export const URI = 'test+unix:///default';
export const WIDTH = 32;
const CALLS = 3000;
const OPENINGS = 20;

/** What one round measures: times in µs, or the unit of the name. */
export interface Measured {
  readonly sequential: readonly number[];
  readonly concurrentUs: number;
  readonly openingMs: readonly number[];
  readonly downloadMiBs: number;
  readonly listingMs: number;
}

/** Who can do all that. */
export interface Contender extends AsyncDisposable {
  measure(): Promise<Measured>;
}

export async function us(stage: Stage): Promise<Contender> {
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
export function python({ volume, manyDomains }: Stage): Contender {
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

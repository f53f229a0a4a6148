import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm, stat, truncate } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hostExec } from '../../packages/effects/src/index.ts';
import { openImageCache, qcow2Backend } from '../../packages/image-backend/src/index.ts';
import { downCeph, noCeph, rbdUnderTest, removeImage, upCeph } from '../../packages/image-backend/test/ceph.ts';
import type { BenchOptions, Figure, Report } from './report.ts';
import { round, timed, type Timing, timing } from './statistics.ts';

const command = promisify(execFile);
const exec = hostExec();
const MiB = 1024 ** 2;
const IMAGE_BYTES = 1024 * MiB;
/** Of which so many are random; the rest are holes. */
const DATA_BYTES = 512 * MiB;
const DEFAULT_ROUNDS = 5;
const PROCESSES = 50;
const SERVER_MIB_PER_S = 64;
const packages = join(import.meta.dirname, '../../packages');
const scripts = join(packages, 'image-backend/test');
/** As it is published. */
const pullScript = `
  import { hostExec } from '${packages}/effects/dist/index.js';
  import { openImageCache } from '${packages}/image-backend/dist/index.js';
  const [instancesPath, url] = process.argv.slice(1);
  const cache = openImageCache({ instancesPath, exec: hostExec() });
  await cache.pull({ source: { type: 'http', url }, kind: 'disk' });
  process.exit();
`;

/**
 * Image backends beside bare tools, interleaved: an overlay of a cached image, cold images of 1 GiB, a clone in the lab's
 * Ceph, many processes that want one cold image; and the memory of a process that pulls.
 */
export async function run({ rounds = DEFAULT_ROUNDS }: BenchOptions): Promise<Report> {
  // On a real disk: sync costs nothing on a tmpfs.
  const directory = await mkdtemp('/var/tmp/spawnkit-bench-images-');
  try {
    return await measure(directory, rounds);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(directory: string, rounds: number): Promise<Report> {
  const raw = join(directory, 'source.raw');
  const qcow2 = join(directory, 'source.qcow2');
  await writeSource(raw);
  await command('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, qcow2]);
  // Or whoever syncs next waits for these images.
  await command('sync');
  return {
    what: `Image backends beside bare tools. ${rounds} interleaved rounds (overlays six times, clones four times as many), medians.`,
    figures: [
      await overlay(directory, raw, rounds * 6),
      await cold(directory, raw, 'raw', rounds),
      await cold(directory, qcow2, 'qcow2', rounds),
      ...(noCeph === undefined ? [await clone(rounds * 4)] : []),
      await many(directory, raw),
      {
        what: 'memory of a pull of 1 GiB above one of 1 MiB',
        unit: 'MiB',
        ours: { median: await memory(directory, raw) },
        goal: { atMost: 64 },
      },
    ],
    ...(noCeph !== undefined && { notes: [`No clone in Ceph: ${noCeph}.`] }),
  };
}

async function overlay(directory: string, path: string, rounds: number): Promise<Figure> {
  const instancesPath = join(directory, 'overlay');
  await mkdir(join(instancesPath, 'uuid'), { recursive: true });
  const cache = openImageCache({ instancesPath, exec });
  const backend = qcow2Backend({ instancesPath, exec });
  const wanted = { source: { type: 'file', path }, kind: 'disk', imageId: 'x', declaredFormat: 'raw' } as const;
  const disk = { instanceId: 'uuid', name: 'disk' };
  const bare = join(instancesPath, 'bare');
  const base = await cache.pull(wanted);
  const ours = async () => {
    await backend.create({ disk, base: await cache.pull(wanted), sizeBytes: 2n * BigInt(IMAGE_BYTES) });
  };
  const options = `backing_file=${base.path},backing_fmt=raw`;
  const peer = () => command('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', options, bare, String(2 * IMAGE_BYTES)]);
  const cleanUp = async () => {
    await backend.remove(disk);
    await rm(bare, { force: true });
  };
  return row('root disk of a cached image', 'qemu-img create -b', 1.3, await turns(rounds, ours, peer, cleanUp));
}

/** The tools and the hash at once, as somebody would who is in a hurry. */
async function cold(directory: string, path: string, format: 'raw' | 'qcow2', rounds: number): Promise<Figure> {
  const instancesPath = join(directory, `cold-${format}`);
  const copy = join(directory, 'copy');
  const cache = openImageCache({ instancesPath, exec, forceRawImages: format === 'qcow2' });
  await mkdir(instancesPath);
  const ours = () => cache.pull({ source: { type: 'file', path }, kind: 'disk', imageId: 'x', declaredFormat: format });
  const tool =
    format === 'raw'
      ? () => command('cp', [path, copy])
      : () => command('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', path, copy]);
  const peer = () => Promise.all([tool(), command('sha256sum', [path])]);
  const cleanUp = () =>
    Promise.all([rm(join(instancesPath, '_base'), { recursive: true, force: true }), rm(copy, { force: true })]);
  const peerName = format === 'raw' ? 'cp and sha256sum' : 'qemu-img convert and sha256sum';
  return row(`cold ${format} image of 1 GiB`, peerName, 1.2, await turns(rounds, ours, peer, cleanUp));
}

async function clone(rounds: number): Promise<Figure> {
  const ceph = await upCeph();
  const parent = `bench-${randomBytes(4).toString('hex')}`;
  try {
    await using under = await rbdUnderTest(ceph, exec);
    await ceph.rbd('create', '--size', '1G', `images/${parent}`);
    await ceph.rbd('snap', 'create', '--no-progress', `images/${parent}@snap`);
    await ceph.rbd('snap', 'protect', `images/${parent}@snap`);
    const disk = { instanceId: under.prefix, name: 'disk' };
    const locations = [`rbd://${ceph.cluster.fsid}/images/${parent}/snap`];
    const imageBytes = BigInt(IMAGE_BYTES);
    const ours = () => under.backend.clone({ disk, locations, imageFormat: 'raw', imageBytes, sizeBytes: imageBytes });
    const peer = () => ceph.rbd('clone', `images/${parent}@snap`, `vms/${under.prefix}_bare`);
    const cleanUp = async () => {
      await under.backend.remove(disk);
      await under.backend.remove({ ...disk, name: 'bare' });
    };
    return row('clone in Ceph', 'rbd clone', 1.3, await turns(rounds, ours, peer, cleanUp));
  } finally {
    await removeImage(ceph, `images/${parent}`).catch(() => {});
    await downCeph();
  }
}

/**
 * How long until the last of many processes has one cold image, from the start of the first process on, beside one process
 * alone. The server sends as fast as a network of half a gigabit: from this machine's memory an image would come so fast
 * that the start of the processes would be all that is measured.
 */
async function many(directory: string, path: string): Promise<Figure> {
  await using server = await slowServer(path);
  const inNew = async (name: string, count: number) => {
    const instancesPath = join(directory, name);
    await mkdir(instancesPath);
    const ms = await timed(() =>
      Promise.all(Array.from({ length: count }, () => pullInProcess(instancesPath, server.url))),
    );
    await rm(instancesPath, { recursive: true });
    return ms;
  };
  const one = await inNew('one', 1);
  const before = server.requests();
  const all = await inNew('many', PROCESSES);
  const downloads = server.requests() - before;
  if (downloads !== 1) throw new Error(`${PROCESSES} processes made ${downloads} downloads instead of one`);
  const times = { ours: timing([all]), peer: timing([one]) };
  const name = `${PROCESSES} processes, one cold image at ${SERVER_MIB_PER_S} MiB/s`;
  return row(name, 'one process', 1.3, times);
}

interface SlowServer extends AsyncDisposable {
  readonly url: string;
  requests(): number;
}

async function slowServer(path: string): Promise<SlowServer> {
  const { size } = await stat(path);
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.setHeader('content-length', size);
    pipeline(Readable.from(inTime(path)), response, () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/image`,
    requests: () => requests,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The pieces of a file, none before its time. */
async function* inTime(path: string): AsyncGenerator<Buffer> {
  const begun = performance.now();
  let sent = 0;
  for await (const piece of createReadStream(path, { highWaterMark: MiB })) {
    const early = begun + (sent / MiB / SERVER_MIB_PER_S) * 1000 - performance.now();
    if (early > 0) await sleep(early);
    yield piece as Buffer;
    sent += (piece as Buffer).length;
  }
}

async function pullInProcess(instancesPath: string, url: string): Promise<void> {
  const node = ['--input-type=module', '--eval', pullScript, instancesPath, url];
  const child = spawn(process.execPath, node, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`a process that pulls ended with ${code}`);
}

/** The most that a process takes for a large image above what it takes for a small one. */
async function memory(directory: string, path: string): Promise<number> {
  const small = join(directory, 'small.raw');
  await command('cp', [path, small]);
  await truncate(small, MiB);
  const taken = async (name: string, file: string) => {
    await mkdir(join(directory, name));
    const { stdout } = await command(process.execPath, [join(scripts, 'pull-memory.ts'), join(directory, name), file]);
    return Number(stdout);
  };
  const baseline = await taken('memory-small', small);
  return round(((await taken('memory-large', path)) - baseline) / 1024);
}

interface Times {
  readonly ours: Timing;
  readonly peer: Timing;
}

async function turns(
  rounds: number,
  ours: () => Promise<unknown>,
  peer: () => Promise<unknown>,
  cleanUp: () => Promise<unknown>,
): Promise<Times> {
  const [mine, theirs]: [number[], number[]] = [[], []];
  // The first of each is not counted: it warms the host's cache of files.
  for (let index = -1; index < rounds; index++) {
    const pair = [async () => [mine, await timed(ours)] as const, async () => [theirs, await timed(peer)] as const];
    for (const turn of index % 2 === 0 ? pair : pair.toReversed()) {
      const [list, ms] = await turn();
      if (index >= 0) list.push(ms);
    }
    await cleanUp();
  }
  return { ours: timing(mine), peer: timing(theirs) };
}

function row(what: string, peer: string, ratioAtMost: number, times: Times): Figure {
  return { what, unit: 'ms', ours: times.ours, peer: { name: peer, theirs: times.peer }, goal: { ratioAtMost } };
}

/** With a partition table, so that it is known for a disk. */
async function writeSource(path: string): Promise<void> {
  await using file = await open(path, 'wx');
  for (let written = 0; written < DATA_BYTES; written += MiB) await file.write(randomBytes(MiB));
  const table = Buffer.alloc(66);
  table.set([0x80, 0, 0, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0x1f, 0]);
  table.writeUInt16LE(0xaa55, 64);
  await file.write(table, 0, table.length, 446);
  await file.truncate(IMAGE_BYTES);
}

import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connect, type Segment, type StoragePool, type StorageVolume } from '../../src/index.ts';
import { labObstacle, startLibvirt } from '../lab.ts';

const MiB = 1024 * 1024;
const SIZE = 8 * MiB;

if (labObstacle) process.stderr.write(`skipped, transfers of real volumes: ${labObstacle}\n`);

describe.skipIf(labObstacle)('a real volume', () => {
  const name = `spawnkit-transfer-${randomUUID().slice(0, 8)}`;
  const directory = `/tmp/${name}`;
  const sparseFile = `${directory}/source`;
  let conn: Connection;
  let pool: StoragePool;
  let volume: StorageVolume;

  beforeAll(async () => {
    startLibvirt();
    await mkdir(`${directory}/pool`, { recursive: true });
    await writeSource(sparseFile);
    conn = await connect('qemu:///system');
    pool = await conn.storagePools.createXml(
      `<pool type='dir'><name>${name}</name><target><path>${directory}/pool</path></target></pool>`,
    );
    volume = await pool.createVolume(
      `<volume><name>disk</name><capacity unit='bytes'>${SIZE}</capacity>
        <allocation>0</allocation><target><format type='raw'/></target></volume>`,
    );
  });
  afterAll(async () => {
    await pool?.destroy();
    await conn?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  test('takes a sparse file and gives it back, byte for byte and hole for hole', async () => {
    await volume.uploadFile(sparseFile, { sparse: true });
    const path = await volume.path();
    expect((await readFile(path)).equals(await readFile(sparseFile))).toBe(true);
    expect(await allocatedBytes(path)).toBeLessThan(MiB);

    const copy = `${directory}/copy`;
    expect(await volume.downloadFile(copy)).toBe(BigInt(SIZE));
    expect((await readFile(copy)).equals(await readFile(sparseFile))).toBe(true);
    expect(await allocatedBytes(copy)).toBeLessThan(MiB);
  });

  test('tells its holes apart, or reads as zeros', async () => {
    const segments: Segment[] = [];
    for await (const segment of await volume.segments()) segments.push(segment);
    const bytes = (one: Segment) => (one.type === 'hole' ? one.lengthBytes : BigInt(one.data.length));
    expect(segments.reduce((sum, one) => sum + bytes(one), 0n)).toBe(BigInt(SIZE));
    const holes = segments.reduce((sum, one) => sum + (one.type === 'hole' ? one.lengthBytes : 0n), 0n);
    expect(holes).toBeGreaterThan(BigInt(SIZE - MiB));
    const zeros = await buffer(await volume.download({ sparse: true }));
    expect(zeros.equals(await readFile(sparseFile))).toBe(true);
  });

  test('waits for a reader who takes his time, without holding up calls or memory', async () => {
    const download = await volume.download();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 20; i++) expect(await conn.hostname()).not.toBe('');
    // Far less than the volume: what is not read stays with the daemon.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(SIZE / 2);
    expect((await buffer(download)).equals(await readFile(sparseFile))).toBe(true);
  });

  test('keeps what it had where a sparse upload has holes, unlike after any other', async () => {
    await pipeline([Buffer.alloc(SIZE, 'old')], await volume.upload());
    await volume.uploadFile(sparseFile, { sparse: true });
    const kept = await readFile(await volume.path());
    expect(kept.subarray(MiB, MiB + 3).toString()).toMatch(/old|ldo|dol/);
    await volume.uploadFile(sparseFile);
    expect((await readFile(await volume.path())).equals(await readFile(sparseFile))).toBe(true);
  });

  test('is read and written by Web streams', async () => {
    const written = Buffer.alloc(SIZE, 'web');
    const writer = Duplex.toWeb(await volume.upload()).writable.getWriter();
    await writer.write(written.subarray(0, 100_000));
    await writer.write(written.subarray(100_000));
    await writer.close();
    const web = Duplex.toWeb(await volume.download()).readable as ReadableStream<Uint8Array>;
    const chunks: Uint8Array[] = [];
    for await (const chunk of web) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(written)).toBe(true);
  });

  test('is given up in the middle, and the connection lives on', async () => {
    const download = await volume.download();
    download.once('data', () => download.destroy());
    await new Promise((resolve) => download.on('close', resolve));
    await pipeline([Buffer.alloc(1000)], await volume.upload({ shared: true, lengthBytes: 1000n }));
    expect((await volume.info()).capacityBytes).toBe(BigInt(SIZE));
  });
});

/** Data, a hole, data that is no whole block, and a hole at the end. */
async function writeSource(path: string): Promise<void> {
  await using file = await open(path, 'w');
  await file.write(Buffer.alloc(70_000, 'begin'), 0, 70_000, 0);
  await file.write(Buffer.from('middle'), 0, 6, 3 * MiB + 17);
  await file.truncate(SIZE);
}

async function allocatedBytes(path: string): Promise<number> {
  return (await stat(path)).blocks * 512;
}

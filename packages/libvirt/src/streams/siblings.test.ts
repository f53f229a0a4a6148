import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { connect } from '../connect.ts';
import { type Answers, type FakeStream, fakeDaemon } from '../testing/index.ts';

const vol = { pool: 'default', name: 'disk', key: '/disk' };

async function start(answers: Answers = {}) {
  const opened = Promise.withResolvers<FakeStream>();
  const open = (_: unknown, stream: FakeStream) => {
    opened.resolve(stream);
    return undefined;
  };
  const daemon = await fakeDaemon({
    storageVolLookupByPath: () => ({ vol }),
    storageVolUpload: open,
    storageVolDownload: open,
    connectGetHostname: () => ({ hostname: 'host' }),
    ...answers,
  });
  const conn = await connect(daemon.uri);
  return {
    daemon,
    conn,
    volume: await conn.storagePools.volumeByPath('/disk'),
    peer: opened.promise,
    async [Symbol.asyncDispose]() {
      await conn[Symbol.asyncDispose]();
      await daemon[Symbol.asyncDispose]();
    },
  };
}

/** Until so many clients are connected. */
async function clients(daemon: { readonly clients: number }, wanted: number): Promise<void> {
  for (let tries = 0; daemon.clients !== wanted && tries < 200; tries++) await delay(5);
  expect(daemon.clients).toBe(wanted);
}

test('a transfer has a connection of its own, which ends with it', async () => {
  await using it = await start();
  const download = await it.volume.download();
  expect(it.daemon.clients).toBe(2);
  (await it.peer).send('abc');
  (await it.peer).end();
  const [chunk] = (await once(download, 'data')) as [Buffer];
  expect(chunk.toString()).toBe('abc');
  await once(download, 'close');
  await clients(it.daemon, 1);
});

test('a shared transfer has not', async () => {
  await using it = await start();
  const upload = await it.volume.upload({ shared: true });
  expect(it.daemon.clients).toBe(1);
  upload.end('abc');
  await once(upload, 'close');
  expect((await it.peer).received.toString()).toBe('abc');
});

test('a transfer that is refused leaves no connection behind', async () => {
  await using it = await start({
    storageVolUpload: () => {
      throw new Error('no');
    },
  });
  await expect(it.volume.upload()).rejects.toThrow('no');
  await clients(it.daemon, 1);
});

test('transfers end with the connection that they belong to', async () => {
  await using it = await start();
  const download = await it.volume.download();
  const failed = once(download.resume(), 'error');
  await it.conn[Symbol.asyncDispose]();
  expect(await failed).toEqual([expect.objectContaining({ name: 'ConnectionLostError', code: 'CLOSED' })]);
  await clients(it.daemon, 0);
});

test('a slow reader stops the daemon, and loses nothing', async () => {
  await using it = await start();
  const download = await it.volume.download();
  const peer = await it.peer;
  const sent = Buffer.alloc(30_000_000, 'spawnkit');
  for (let at = 0; at < sent.length; at += 250_000) peer.send(sent.subarray(at, at + 250_000));
  peer.end();
  await delay(100);
  expect(download.readableLength).toBeLessThan(1_000_000);
  const chunks: Buffer[] = [];
  for await (const chunk of download) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
});

test('fork opens a connection that lives on its own', async () => {
  await using it = await start();
  await using other = await it.conn.fork();
  await it.conn[Symbol.asyncDispose]();
  expect(await other.hostname()).toBe('host');
});

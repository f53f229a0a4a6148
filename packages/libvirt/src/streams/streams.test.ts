import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { connect } from '../connect.ts';
import { uuidBytes } from '../objects/uuid.ts';
import { type Answers, DaemonError, type FakeStream, fakeDaemon } from '../testing/index.ts';
import { StreamOverflowError } from './stream-overflow-error.ts';

const uuid = '01234567-89ab-cdef-0123-456789abcdef';
const dom = { name: 'web', uuid: uuidBytes(uuid), id: 3 };
const vol = { pool: 'default', name: 'disk', key: '/disk' };

/** A daemon with one domain and one volume, and its side of the stream that is opened last. */
async function start(answers: Answers = {}) {
  const opened = Promise.withResolvers<FakeStream>();
  const open = (_: unknown, stream: FakeStream) => {
    opened.resolve(stream);
    return undefined;
  };
  const daemon = await fakeDaemon({
    domainLookupByName: () => ({ dom }),
    storageVolLookupByPath: () => ({ vol }),
    domainOpenConsole: open,
    storageVolUpload: open,
    storageVolDownload: open,
    connectGetHostname: () => ({ hostname: 'host' }),
    ...answers,
  });
  const conn = await connect(daemon.uri);
  const domain = await conn.domains.byName('web');
  const volume = await conn.storagePools.volumeByPath('/disk');
  return {
    daemon,
    conn,
    domain,
    volume,
    peer: opened.promise,
    async [Symbol.asyncDispose]() {
      await conn[Symbol.asyncDispose]();
      await daemon[Symbol.asyncDispose]();
    },
  };
}

test('a console carries bytes both ways and is finished by the protocol', async () => {
  await using it = await start();
  const tty = await it.domain.console({ device: 'serial0', force: true });
  const peer = await it.peer;
  expect(it.daemon.callsOf('domainOpenConsole')).toEqual([{ dom, devName: 'serial0', flags: 1 }]);
  peer.send('login: ');
  expect(await once(tty, 'data')).toEqual([Buffer.from('login: ')]);
  tty.end('root\r');
  await once(tty, 'close');
  expect(await peer.ended).toBe('finish');
  expect(peer.received.toString()).toBe('root\r');
});

test('a console that the daemon ends is ended here, and confirmed', async () => {
  await using it = await start();
  const tty = await it.domain.console();
  const peer = await it.peer;
  peer.send('bye');
  peer.end();
  expect((await buffer(tty)).toString()).toBe('bye');
  expect(await peer.ended).toBe('finish');
});

test('data that comes with the reply of the opening call is not lost', async () => {
  await using it = await start({
    domainScreenshot: (_, stream) => {
      stream.send('PNG');
      stream.end();
      return { mime: 'image/png' };
    },
  });
  const { mime, stream } = await it.domain.screenshot();
  expect([mime, (await buffer(stream)).toString()]).toEqual(['image/png', 'PNG']);
});

test('an upload fails with what the daemon says at its end', async () => {
  await using it = await start();
  const upload = await it.volume.upload({ offsetBytes: 5n, lengthBytes: 3n });
  (await it.peer).onFinish = () => {
    throw new DaemonError('OPERATION_FAILED', 'volume is full');
  };
  await expect(pipeline([Buffer.from('abc')], upload)).rejects.toMatchObject({ codeName: 'OPERATION_FAILED' });
  expect((await it.peer).received.toString()).toBe('abc');
  expect(it.daemon.callsOf('storageVolUpload')).toEqual([{ vol, offset: 5n, length: 3n, flags: 0 }]);
});

test('an upload fails with what the daemon says unasked', async () => {
  await using it = await start();
  const upload = await it.volume.upload();
  const failed = once(upload, 'error');
  (await it.peer).fail(new DaemonError('OPERATION_FAILED', 'disk on fire'));
  expect(String(await failed)).toContain('disk on fire');
});

test('a large upload arrives whole', async () => {
  await using it = await start();
  const bytes = Buffer.alloc(3_000_000, 'spawnkit');
  await pipeline([bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)], await it.volume.upload());
  expect((await it.peer).received.equals(bytes)).toBe(true);
});

test('destroying a stream aborts it at the daemon, and the connection lives on', async () => {
  await using it = await start();
  const tty = await it.domain.console();
  tty.destroy();
  expect(await (await it.peer).ended).toBe('abort');
  (await it.peer).send('late');
  expect(await it.conn.hostname()).toBe('host');
});

test('aborting the signal ends a stream that is open, with its reason', async () => {
  await using it = await start();
  const controller = new AbortController();
  const reading = buffer(await it.volume.download({ signal: controller.signal }));
  const peer = await it.peer;
  controller.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  expect(await peer.ended).toBe('abort');
});

test('aborting while a stream is opened gives up the stream that comes nevertheless', async () => {
  const reply = Promise.withResolvers<undefined>();
  const opened = Promise.withResolvers<FakeStream>();
  await using it = await start({
    domainOpenConsole: (_, stream) => {
      opened.resolve(stream);
      return reply.promise;
    },
  });
  const controller = new AbortController();
  const opening = it.domain.console({ signal: controller.signal });
  const peer = await opened.promise;
  controller.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough');
  reply.resolve(undefined);
  expect(await peer.ended).toBe('abort');
});

test('a lost connection is the error of its streams', async () => {
  await using it = await start();
  const reading = buffer(await it.domain.console());
  await it.peer;
  it.daemon.disconnect();
  await expect(reading).rejects.toMatchObject({ name: 'ConnectionLostError' });
});

test('a reader that falls behind fails, and calls are answered all the while', async () => {
  await using it = await start();
  const download = await it.volume.download({ shared: true, bufferLimitBytes: 100_000 });
  const failed = once(download, 'error');
  const peer = await it.peer;
  for (let sent = 0; sent <= 100_000; sent += 10_000) peer.send(Buffer.alloc(10_000));
  expect(await it.conn.hostname()).toBe('host');
  expect(await failed).toEqual([expect.any(StreamOverflowError)]);
  expect(await peer.ended).toBe('abort');
});

import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type RawPeer, rawPeer } from '../../test/raw-peer.ts';
import { NetMessageStatus, NetMessageType } from '../generated/enums.gen.ts';
import { domainOpenConsole, storageVolUpload } from '../generated/procedures.gen.ts';
import { type Frame, MAX_STREAM_BYTES } from '../wire/frame.ts';
import type { PacketStream, StreamPacket } from './rpc-client.ts';

const { OK, ERROR, CONTINUE } = NetMessageStatus;
const { STREAM, STREAM_HOLE } = NetMessageType;
const dom = { name: 'web', uuid: new Uint8Array(16), id: 1 };
const openConsole = { dom, flags: 0 };
const volume = { pool: 'p', name: 'v', key: '/v' };

async function opened(peer: RawPeer): Promise<{ stream: PacketStream; call: Frame; packets: StreamPacket[] }> {
  const opening = peer.client.openStream(domainOpenConsole, openConsole);
  const call = await peer.next();
  peer.reply(call, domainOpenConsole, undefined);
  const { stream } = await opening;
  const packets: StreamPacket[] = [];
  stream.onPacket((packet) => packets.push(packet));
  return { stream, call, packets };
}

test('data that comes in the same read as the reply is not lost', async () => {
  const peer = rawPeer();
  const opening = peer.client.openStream(domainOpenConsole, openConsole);
  const { serial } = await peer.next();
  peer.socket.cork();
  peer.send({ serial });
  peer.send({ serial, type: STREAM, status: CONTINUE }, Buffer.from('boot'));
  peer.socket.uncork();
  const { stream } = await opening;
  await turn();
  const packets: StreamPacket[] = [];
  stream.onPacket((packet) => packets.push(packet));
  expect(packets).toEqual([{ type: 'data', data: Buffer.from('boot') }]);
});

test('data, holes and the end arrive in order, then finish waits for the confirmation', async () => {
  const peer = rawPeer();
  const { stream, call, packets } = await opened(peer);
  const { serial, procedure } = call;
  peer.send({ serial, type: STREAM, status: CONTINUE }, Buffer.from('a'));
  peer.send({ serial, type: STREAM_HOLE, status: CONTINUE }, Buffer.from('000000010000000000000000', 'hex'));
  peer.send({ serial, type: STREAM, status: CONTINUE });
  await turn();
  expect(packets).toEqual([
    { type: 'data', data: Buffer.from('a') },
    { type: 'hole', length: 2n ** 32n },
    { type: 'end' },
  ]);
  let finished = false;
  const finish = stream.finish().then(() => (finished = true));
  expect(await peer.next()).toMatchObject({ serial, procedure, type: STREAM, status: OK, payload: Buffer.alloc(0) });
  expect(finished).toBe(false);
  peer.send({ serial, type: STREAM, status: OK });
  await finish;
  expect(stream.finish()).toBe(stream.abort());
});

test('what is sent is cut into packets of the size that libvirt uses', async () => {
  const peer = rawPeer();
  const { stream, call } = await opened(peer);
  const sending = stream.send(Buffer.alloc(MAX_STREAM_BYTES + 10, 7));
  const [first, second] = [await peer.next(), await peer.next()];
  await sending;
  expect([first, second].map(({ payload, status, type, serial }) => [payload.length, status, type, serial])).toEqual([
    [MAX_STREAM_BYTES, CONTINUE, STREAM, call.serial],
    [10, CONTINUE, STREAM, call.serial],
  ]);
  await stream.sendHole(5n);
  expect(await peer.next()).toMatchObject({
    type: STREAM_HOLE,
    payload: Buffer.from('000000000000000500000000', 'hex'),
  });
});

test('send waits while the socket is full', async () => {
  const peer = rawPeer();
  const { stream } = await opened(peer);
  peer.socket.pause();
  let done = false;
  const sending = stream.send(Buffer.alloc(10 * MAX_STREAM_BYTES)).then(() => (done = true));
  await turn();
  await turn();
  expect(done).toBe(false);
  peer.socket.resume();
  await sending;
});

test('an error of the server reaches the listener, then send and finish reject with it', async () => {
  const peer = rawPeer();
  const { stream, call, packets } = await opened(peer);
  peer.fail({ ...call, type: STREAM }, { code: 38, message: 'disk full' });
  await turn();
  expect(packets).toEqual([{ type: 'error', error: expect.objectContaining({ codeName: 'SYSTEM_ERROR' }) }]);
  await expect(stream.send(Buffer.of(1))).rejects.toThrow('domainOpenConsole of "web" failed: disk full');
  await expect(stream.finish()).rejects.toThrow('disk full');
  expect(peer.waiting()).toBe(0);
});

test('an error in place of the confirmation rejects finish', async () => {
  const peer = rawPeer();
  const { stream, call, packets } = await opened(peer);
  const finish = stream.finish();
  await peer.next();
  peer.fail({ ...call, type: STREAM }, { code: 38, message: 'disk full' });
  await expect(finish).rejects.toThrow('disk full');
  expect(packets).toEqual([]);
});

test('an abort drops what was under way, and its serial is free after the confirmation only', async () => {
  const peer = rawPeer();
  const { stream, call, packets } = await opened(peer);
  const { serial } = call;
  const abort = stream.abort();
  expect(await peer.next()).toMatchObject({ serial, type: STREAM, status: ERROR, payload: Buffer.alloc(0) });
  peer.send({ serial, type: STREAM, status: CONTINUE }, Buffer.from('late'));
  peer.send({ serial, type: STREAM, status: OK });
  await abort;
  expect(packets).toEqual([]);
  await expect(stream.send(Buffer.of(1))).rejects.toThrow('was ended on this side');
});

test('a stream whose opening was aborted is given up when it opens nevertheless', async () => {
  const peer = rawPeer();
  const controller = new AbortController();
  const opening = peer.client.openStream(
    storageVolUpload,
    { vol: volume, offset: 0n, length: 0n, flags: 0 },
    controller,
  );
  const call = await peer.next();
  controller.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough');
  peer.reply(call, storageVolUpload, undefined);
  expect(await peer.next()).toMatchObject({ serial: call.serial, type: STREAM, status: ERROR });
});

test.each([NetMessageType.REPLY, STREAM])(
  'an opening that fails by a packet of type %d opens nothing',
  async (type) => {
    const peer = rawPeer();
    const opening = peer.client.openStream(domainOpenConsole, openConsole);
    peer.fail({ ...(await peer.next()), type }, { code: 55, message: 'domain is not running' });
    await expect(opening).rejects.toMatchObject({ name: 'OperationInvalidError' });
    await turn();
    expect(peer.waiting()).toBe(0);
  },
);

test('a lost connection is the error of every open stream, and ends an abort', async () => {
  const peer = rawPeer();
  const [one, other] = [await opened(peer), await opened(peer)];
  const abort = other.stream.abort();
  peer.socket.destroy();
  await peer.client.closed;
  await abort;
  expect(one.packets).toEqual([{ type: 'error', error: expect.objectContaining({ name: 'ConnectionLostError' }) }]);
  await expect(one.stream.finish()).rejects.toMatchObject({ code: 'LOST' });
});

import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { rawPeer } from '../../test/raw-peer.ts';
import { ConnectionLostError, ProtocolError } from '../errors.ts';
import { NetMessageStatus, NetMessageType } from '../generated/enums.gen.ts';
import {
  connectGetHostname,
  connectGetType,
  domainOpenConsole,
  domainScreenshot,
} from '../generated/procedures.gen.ts';
import { encodeFrame, encodeHead, MAX_FRAME_BYTES } from '../wire/frame.ts';
import type { StreamPacket } from './rpc-client.ts';

const dom = { name: 'web', uuid: new Uint8Array(16), id: 1 };

/** A client with two calls and a stream under way, and how each of them ends. */
async function busyPeer() {
  const peer = rawPeer();
  const opening = peer.client.openStream(domainOpenConsole, { dom, flags: 0 });
  const open = await peer.next();
  peer.reply(open, domainOpenConsole, undefined);
  const { stream } = await opening;
  const packets: StreamPacket[] = [];
  stream.onPacket((packet) => packets.push(packet));
  const calls = [peer.client.call(connectGetType, undefined), peer.client.call(connectGetHostname, undefined)];
  const ends = Promise.allSettled(calls);
  const first = await peer.next();
  await peer.next();
  return { peer, first, open, packets, ends };
}

/** Every waiter has a typed error, and the connection says why it ended. */
async function expectLost({ peer, packets, ends }: Awaited<ReturnType<typeof busyPeer>>, reason: object) {
  for (const end of await ends) {
    expect(end).toMatchObject({ status: 'rejected', reason: expect.any(ConnectionLostError) });
    expect(end).toMatchObject({ reason: { maybeExecuted: true, code: 'LOST' } });
  }
  expect(packets.at(-1)).toMatchObject({ type: 'error', error: expect.any(ConnectionLostError) });
  expect(await peer.client.closed).toMatchObject(reason);
}

test('a server that closes in the middle of a reply', async () => {
  const it = await busyPeer();
  const reply = encodeFrame({ ...it.first, type: NetMessageType.REPLY }, connectGetType.ret, { type: 'QEMU' });
  it.peer.socket.write(reply.subarray(0, reply.length - 3));
  await turn();
  it.peer.socket.destroy();
  await expectLost(it, { name: 'ConnectionLostError', code: 'LOST' });
});

test.each([
  ['huge', MAX_FRAME_BYTES + 1],
  ['impossible', 12],
])('a frame of %s length', async (_, length) => {
  const it = await busyPeer();
  const head = Buffer.alloc(28);
  head.writeUInt32BE(length);
  it.peer.socket.write(head);
  await expectLost(it, { name: 'ProtocolError', code: 'MALFORMED' });
});

test('garbage', async () => {
  const it = await busyPeer();
  it.peer.socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  await expectLost(it, { name: 'ProtocolError', code: 'MALFORMED' });
});

test('a truncated reply fails its call alone', async () => {
  const { peer, first, ends } = await busyPeer();
  peer.send({ ...first, type: NetMessageType.REPLY }, Buffer.from([0, 0, 0, 9, 81]));
  const [type] = await Promise.all([peer.client.call(connectGetType, undefined).catch(String), answerNext(peer)]);
  expect(type).toEqual({ type: 'alive' });
  peer.socket.destroy();
  const [broken, other] = await ends;
  expect(broken).toMatchObject({ reason: expect.any(ProtocolError) });
  expect(other).toMatchObject({ reason: expect.any(ConnectionLostError) });
});

test('replies, streams and events of unknown programs and wrong serials change nothing', async () => {
  const { peer, first, open, packets } = await busyPeer();
  peer.send({ ...first, serial: first.serial + 1000, type: NetMessageType.REPLY }, Buffer.from('nobody'));
  peer.send({ ...open, serial: 0, type: NetMessageType.STREAM, status: NetMessageStatus.CONTINUE }, Buffer.alloc(9));
  peer.send({ program: 0x1234, procedure: 99, type: NetMessageType.MESSAGE }, Buffer.alloc(3));
  peer.send({ ...first, type: 77 }, Buffer.alloc(3));
  const [type] = await Promise.all([peer.client.call(connectGetType, undefined), answerNext(peer)]);
  expect(type).toEqual({ type: 'alive' });
  expect(packets).toEqual([]);
  peer.socket.destroy();
});

test('a second reply to the same call, and stream data after its end, go nowhere', async () => {
  const { peer, first, open, packets } = await busyPeer();
  peer.reply(first, connectGetType, { type: 'once' });
  peer.reply(first, connectGetType, { type: 'twice' });
  const data = { ...open, type: NetMessageType.STREAM, status: NetMessageStatus.CONTINUE };
  peer.send({ ...data, status: NetMessageStatus.OK });
  peer.send(data, Buffer.from('late'));
  const [type] = await Promise.all([peer.client.call(connectGetType, undefined), answerNext(peer)]);
  expect(type).toEqual({ type: 'alive' });
  expect(packets).toEqual([{ type: 'end' }]);
  peer.socket.destroy();
});

test('an error that is none fails the stream alone', async () => {
  const peer = rawPeer();
  const opening = peer.client.openStream(domainScreenshot, { dom, screen: 0, flags: 0 });
  const call = await peer.next();
  peer.reply(call, domainScreenshot, { mime: 'image/png' });
  const packets: StreamPacket[] = [];
  (await opening).stream.onPacket((packet) => packets.push(packet));
  peer.send({ ...call, type: NetMessageType.STREAM, status: NetMessageStatus.ERROR }, Buffer.from([1, 2, 3]));
  const [type] = await Promise.all([peer.client.call(connectGetType, undefined), answerNext(peer)]);
  expect([type, packets.length]).toEqual([{ type: 'alive' }, 1]);
  expect(packets[0]).toMatchObject({ type: 'error', error: expect.any(ProtocolError) });
  peer.socket.destroy();
});

test('a length that is never filled takes no memory', async () => {
  const it = await busyPeer();
  const before = process.memoryUsage().arrayBuffers;
  const head = encodeHead({ ...it.first, type: NetMessageType.REPLY }, MAX_FRAME_BYTES - 28);
  it.peer.socket.write(head);
  await turn();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_048_576);
  it.peer.socket.destroy();
  await expectLost(it, { name: 'ConnectionLostError' });
});

async function answerNext(peer: Awaited<ReturnType<typeof busyPeer>>['peer']): Promise<void> {
  peer.reply(await peer.next(), connectGetType, { type: 'alive' });
}

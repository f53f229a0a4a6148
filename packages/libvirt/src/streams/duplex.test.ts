import { getEventListeners, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import type { PacketStream, StreamPacket } from '../client/rpc-client.ts';
import { duplexOver } from './duplex.ts';
import { StreamOverflowError } from './stream-overflow-error.ts';

/** A daemon's side of a stream that writes down what it is told. */
function fakePackets(overrides: Partial<PacketStream> = {}) {
  const sent: string[] = [];
  let listener: (packet: StreamPacket) => void = () => {};
  const packets: PacketStream = {
    send: async (data) => void sent.push(`data ${data.length}`),
    sendHole: async (length) => void sent.push(`hole ${length}`),
    finish: async () => void sent.push('finish'),
    abort: async () => void sent.push('abort'),
    onPacket: (given) => void (listener = given),
    ...overrides,
  };
  return {
    packets,
    sent,
    data: (text: string) => listener({ type: 'data', data: Buffer.from(text) }),
    end: () => listener({ type: 'end' }),
    fail: (error: Error) => listener({ type: 'error', error }),
    hole: () => listener({ type: 'hole', length: 1n }),
  };
}

test('a download is read to its end, which is confirmed before it is seen', async () => {
  const peer = fakePackets();
  const stream = duplexOver(peer.packets, { direction: 'read' });
  peer.data('hello ');
  peer.data('world');
  peer.end();
  expect((await buffer(stream)).toString()).toBe('hello world');
  expect(peer.sent).toEqual(['finish']);
});

test('a download whose end the daemon does not confirm fails', async () => {
  const peer = fakePackets({ finish: async () => Promise.reject(new Error('disk on fire')) });
  const stream = duplexOver(peer.packets, { direction: 'read' });
  peer.data('hello');
  peer.end();
  await expect(buffer(stream)).rejects.toThrow('disk on fire');
});

test('an upload is finished by the protocol, and over when the daemon has confirmed', async () => {
  const confirmed = Promise.withResolvers<void>();
  const peer = fakePackets({ finish: () => confirmed.promise });
  const stream = duplexOver(peer.packets, { direction: 'write' });
  let over = false;
  const uploaded = pipeline([Buffer.alloc(600), Buffer.alloc(0), Buffer.from('x')], stream).then(() => (over = true));
  await sleep(20);
  expect([peer.sent, over]).toEqual([['data 600', 'data 1'], false]);
  confirmed.resolve();
  await uploaded;
});

test('an empty write sends nothing, because an empty packet would end the stream', async () => {
  const peer = fakePackets();
  const stream = duplexOver(peer.packets, { direction: 'both' });
  stream.write('');
  stream.write(Buffer.alloc(0));
  stream.end();
  stream.resume();
  await once(stream, 'close');
  expect(peer.sent).toEqual(['finish']);
});

test('the daemon’s error at the end of an upload is the stream’s', async () => {
  const peer = fakePackets({ finish: async () => Promise.reject(new Error('volume is full')) });
  const stream = duplexOver(peer.packets, { direction: 'write' });
  await expect(pipeline([Buffer.from('x')], stream)).rejects.toThrow('volume is full');
  expect(peer.sent).toEqual(['data 1']);
});

test('an error packet destroys the stream and is not answered', async () => {
  const peer = fakePackets();
  const stream = duplexOver(peer.packets, { direction: 'both' });
  const failed = once(stream, 'error');
  peer.fail(new Error('no such console'));
  expect(await failed).toEqual([new Error('no such console')]);
  await sleep(1);
  expect(peer.sent).toEqual([]);
});

test('a console is talked to in both directions and ends on both sides', async () => {
  const peer = fakePackets();
  const stream = duplexOver(peer.packets, { direction: 'both' });
  stream.write('\r');
  peer.data('login: ');
  expect(await once(stream, 'data')).toEqual([Buffer.from('login: ')]);
  stream.end();
  await once(stream, 'close');
  expect(peer.sent).toEqual(['data 1', 'finish']);
});

test('destroy aborts at the daemon, once, and what still arrives is dropped', async () => {
  const peer = fakePackets();
  const stream = duplexOver(peer.packets, { direction: 'both' });
  stream.destroy();
  stream.destroy();
  await once(stream, 'close');
  peer.data('late');
  peer.end();
  expect(peer.sent).toEqual(['abort']);
});

test('disposing of a stream aborts it, and an abort that cannot be sent is no error', async () => {
  const peer = fakePackets({ abort: async () => Promise.reject(new Error('connection lost')) });
  await using stream = duplexOver(peer.packets, { direction: 'read' });
  expect(stream.destroyed).toBe(false);
});

test('an aborted signal destroys the stream with its reason', async () => {
  const peer = fakePackets();
  const controller = new AbortController();
  const stream = duplexOver(peer.packets, { direction: 'read', signal: controller.signal });
  const failed = buffer(stream);
  controller.abort(new Error('enough'));
  await expect(failed).rejects.toThrow('enough');
  expect(peer.sent).toEqual(['abort']);
  const late = duplexOver(fakePackets().packets, { direction: 'read', signal: controller.signal });
  await expect(buffer(late)).rejects.toThrow('enough');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('a reader that falls behind the limit gets StreamOverflowError, and the daemon an abort', async () => {
  const peer = fakePackets();
  const stream = duplexOver(peer.packets, { direction: 'read', bufferLimitBytes: 10 });
  const failed = once(stream, 'error');
  peer.data('0123456789');
  expect(stream.destroyed).toBe(false);
  peer.data('x');
  expect(await failed).toEqual([expect.any(StreamOverflowError)]);
  expect(peer.sent).toEqual(['abort']);
});

test('writes wait for the socket', async () => {
  const taken = Promise.withResolvers<void>();
  const peer = fakePackets({ send: () => taken.promise });
  const stream = duplexOver(peer.packets, { direction: 'write' });
  expect(stream.write(Buffer.alloc(100_000))).toBe(false);
  expect(stream.writableLength).toBe(100_000);
  taken.resolve();
  await once(stream, 'drain');
});

test('a hole in a stream that was not opened as sparse is an error', async () => {
  const peer = fakePackets();
  const stream = duplexOver(peer.packets, { direction: 'read' });
  const failed = once(stream, 'error');
  peer.hole();
  expect(String(await failed)).toContain('not opened as sparse');
});

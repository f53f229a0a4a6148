import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { rawPeer } from '../../test/raw-peer.ts';
import { ConnectionLostError, NotFoundError, ProtocolError, TimeoutError } from '../errors.ts';
import { NetMessageType } from '../generated/enums.gen.ts';
import {
  connectClose,
  connectGetHostname,
  connectGetLibVersion,
  connectGetType,
  domainLookupByName,
} from '../generated/procedures.gen.ts';

const KEEPALIVE = 0x6b656570;

test('replies find their callers in any order', async () => {
  const peer = rawPeer();
  const answers = Promise.all([
    peer.client.call(connectGetType, undefined),
    peer.client.call(connectGetHostname, undefined),
    peer.client.call(connectGetLibVersion, undefined),
  ]);
  const [first, second, third] = [await peer.next(), await peer.next(), await peer.next()];
  expect([first, second, third].map(({ procedure }) => procedure)).toEqual([3, 59, 157]);
  peer.reply(third, connectGetLibVersion, { libVer: 7n });
  peer.reply(first, connectGetType, { type: 'QEMU' });
  peer.reply(second, connectGetHostname, { hostname: 'host' });
  expect(await answers).toEqual([{ type: 'QEMU' }, { hostname: 'host' }, { libVer: 7n }]);
});

test('calls of one tick leave in one write', async () => {
  const peer = rawPeer();
  const calls = Array.from({ length: 20 }, () => peer.client.call(connectGetType, undefined));
  for (let i = 0; i < calls.length; i++) peer.reply(await peer.next(), connectGetType, { type: 'QEMU' });
  await Promise.all(calls);
  expect(peer.writes()).toBe(1);
});

test('a server error is thrown with the stack of the caller', async () => {
  const peer = rawPeer();
  async function whoCalls() {
    return await peer.client.call(domainLookupByName, { name: 'nope' });
  }
  const error = whoCalls().catch((thrown: unknown) => thrown);
  peer.fail(await peer.next(), { code: 42, message: 'no domain' });
  expect(await error).toBeInstanceOf(NotFoundError);
  expect((await error) as Error).toMatchObject({ message: 'domainLookupByName of "nope" failed: no domain' });
  expect(((await error) as Error).stack).toMatch(/^NotFoundError: domainLookupByName of "nope".*\n(.*\n)*.*whoCalls/);
});

test('after an abort the serial stays taken until the reply has come, and the reply is dropped', async () => {
  const peer = rawPeer();
  const controller = new AbortController();
  const aborted = peer.client.call(connectGetType, undefined, { signal: controller.signal });
  const call = await peer.next();
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  const other = peer.client.call(connectGetHostname, undefined);
  const second = await peer.next();
  expect(second.serial).not.toBe(call.serial);
  peer.reply(call, connectGetType, { type: 'late' });
  peer.reply(second, connectGetHostname, { hostname: 'host' });
  expect(await other).toEqual({ hostname: 'host' });
});

test('a call whose signal is aborted already sends nothing', async () => {
  const peer = rawPeer();
  await expect(peer.client.call(connectGetType, undefined, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
  await turn();
  expect(peer.waiting()).toBe(0);
});

test('arguments that cannot be sent reject the call and leave the connection as it is', async () => {
  const peer = rawPeer();
  const wrong = peer.client.call(domainLookupByName, { name: 'a\0b' });
  await expect(wrong).rejects.toThrow(/^domainLookupByName cannot be sent: "name" must be text without NUL/);
  await expect(wrong).rejects.toBeInstanceOf(ProtocolError);
  const right = peer.client.call(connectGetType, undefined);
  peer.reply(await peer.next(), connectGetType, { type: 'QEMU' });
  expect(await right).toEqual({ type: 'QEMU' });
});

test('a reply that makes no sense rejects its call only', async () => {
  const peer = rawPeer();
  const call = peer.client.call(connectGetType, undefined);
  const { serial } = await peer.next();
  peer.send({ serial, procedure: 3 }, Buffer.from('0000000f', 'hex'));
  await expect(call).rejects.toThrow(
    'The reply to connectGetType cannot be read: Byte 4 of 4: 0 bytes where 15 are needed',
  );
  const next = peer.client.call(connectGetType, undefined);
  peer.reply(await peer.next(), connectGetType, { type: 'QEMU' });
  await next;
});

test('events reach the listener; unknown types, serials and pongs are dropped', async () => {
  const peer = rawPeer();
  const listener = vi.fn();
  peer.client.onEvent(listener);
  peer.send({ type: NetMessageType.MESSAGE, procedure: 318, serial: 1 }, Buffer.from('event'));
  peer.send({ type: 99, serial: 5 });
  peer.send({ type: NetMessageType.REPLY, serial: 4711 });
  peer.send({ type: NetMessageType.STREAM, serial: 4711 });
  peer.send({ type: NetMessageType.MESSAGE, program: KEEPALIVE, procedure: 2 });
  await turn();
  expect(listener).toHaveBeenCalledTimes(1);
  expect(listener).toHaveBeenCalledWith({ program: 0x20008086, procedure: 318, payload: Buffer.from('event') });
});

test('the bytes that travel with file descriptors do not shift what follows', async () => {
  const peer = rawPeer();
  const call = peer.client.call(connectGetType, undefined);
  const { serial } = await peer.next();
  peer.send({ type: NetMessageType.REPLY_WITH_FDS, serial: 999 }, Buffer.from('00000002', 'hex'));
  peer.socket.write(Buffer.alloc(2));
  peer.send({ serial, procedure: 3 }, Buffer.from('0000000151000000', 'hex'));
  expect(await call).toEqual({ type: 'Q' });
});

test('a ping of the server is answered at once, even when the client itself never asks', async () => {
  const peer = rawPeer();
  peer.send({ type: NetMessageType.MESSAGE, program: KEEPALIVE, procedure: 1 });
  expect(await peer.next()).toMatchObject({
    program: KEEPALIVE,
    procedure: 2,
    type: NetMessageType.MESSAGE,
    serial: 0,
  });
});

test('a server that is silent is asked, then given up with a TimeoutError', async () => {
  const peer = rawPeer({ keepalive: { intervalMs: 20, count: 2 } });
  const call = peer.client.call(connectGetType, undefined);
  await peer.next();
  expect(await peer.next()).toMatchObject({ program: KEEPALIVE, procedure: 1 });
  await expect(call).rejects.toMatchObject({ code: 'LOST', maybeExecuted: true, cause: expect.any(TimeoutError) });
  expect(await peer.client.closed).toMatchObject({ message: 'the test peer was silent for 60 ms' });
});

test('when the server goes away every waiter is told, and later calls are refused without being sent', async () => {
  const peer = rawPeer();
  const calls = [peer.client.call(connectGetType, undefined), peer.client.call(connectGetHostname, undefined)];
  await peer.next();
  peer.socket.destroy();
  for (const call of calls) {
    await expect(call).rejects.toMatchObject({ name: 'ConnectionLostError', code: 'LOST', maybeExecuted: true });
  }
  await expect(calls[0]).rejects.toThrow(
    'The connection to the test peer was ended while connectGetType was executed by the server',
  );
  expect(await peer.client.closed).toBeInstanceOf(ConnectionLostError);
  await expect(peer.client.call(connectGetType, undefined)).rejects.toMatchObject({ maybeExecuted: false });
});

test('bytes that are no frames end the connection with the reason', async () => {
  const peer = rawPeer();
  const call = peer.client.call(connectGetType, undefined);
  await peer.next();
  peer.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
  await expect(call).rejects.toMatchObject({ cause: { name: 'ProtocolError', code: 'MALFORMED' } });
  expect(await peer.client.closed).toBeInstanceOf(ProtocolError);
});

test('disposal says goodbye, rejects who waits, and is one disposal however often it is asked for', async () => {
  const peer = rawPeer();
  const waiting = peer.client.call(connectGetType, undefined).catch((error: unknown) => error);
  await peer.next();
  const disposals = [peer.client[Symbol.asyncDispose](), peer.client[Symbol.asyncDispose]()];
  const goodbye = await peer.next();
  expect(goodbye.procedure).toBe(connectClose.number);
  await expect(peer.client.call(connectGetType, undefined)).rejects.toMatchObject({
    code: 'CLOSED',
    maybeExecuted: false,
  });
  peer.reply(goodbye, connectClose, undefined);
  await Promise.all(disposals);
  expect(await waiting).toMatchObject({ code: 'CLOSED', maybeExecuted: true });
  expect(await peer.client.closed).toBeUndefined();
  expect(peer.waiting()).toBe(0);
});

test('disposal of a connection that is gone, or whose server never answers, ends', async () => {
  const gone = rawPeer();
  gone.socket.destroy();
  await gone.client.closed;
  await gone.client[Symbol.asyncDispose]();
  const mute = rawPeer();
  await mute.client[Symbol.asyncDispose]();
  expect(await mute.client.closed).toBeUndefined();
});

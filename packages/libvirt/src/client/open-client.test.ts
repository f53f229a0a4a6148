import { expect, test } from 'vitest';
import { hostIn } from '../../test/client-host.ts';
import { connectedPair } from '../../test/connected-pair.ts';
import type { Transport } from '../transport/transport.ts';
import { decodeBody } from '../xdr/codec.ts';
import { AuthType, DrvFeature } from '../generated/enums.gen.ts';
import {
  authList,
  authPolkit,
  connectGetLibVersion,
  connectGetUri,
  connectOpen,
  connectSupportsFeature,
} from '../generated/procedures.gen.ts';
import { encodeFrame, type Frame } from '../wire/frame.ts';
import { frameSplitter } from '../wire/frame-splitter.ts';
import { openClient } from './open-client.ts';
import type { Procedure } from './procedure.ts';

interface Server {
  readonly transport: Transport;
  /** Names of the calls, in order. */
  readonly calls: string[];
  /** What connectOpen was told. */
  readonly told: unknown[];
  /** The server's end of the socket is closed. */
  readonly closed: () => boolean;
}

const PROCEDURES = [authList, authPolkit, connectSupportsFeature, connectOpen, connectGetLibVersion, connectGetUri];

/** A server that lets everybody in as `authTypes` says, and never answers calls named in `mute`. */
function server({ authTypes = [AuthType.NONE] as number[], mute = '' } = {}): Server {
  const calls: string[] = [];
  const told: unknown[] = [];
  let closed = false;
  const answers = new Map<number, (frame: Frame) => Uint8Array>();
  const answer = <Args, Ret>(procedure: Procedure<Args, Ret>, ret: Ret) => {
    answers.set(procedure.number, (frame) => {
      if (procedure.name === 'connectOpen') told.push(decodeBody(procedure.args, frame.payload));
      return encodeFrame({ ...frame, type: 1 }, procedure.ret, ret);
    });
  };
  answer(authList, { types: authTypes });
  answer(authPolkit, { complete: 1 });
  answer(connectSupportsFeature, { supported: 1 });
  answer(connectOpen, undefined);
  answer(connectGetLibVersion, { libVer: 9_000_000n });
  answer(connectGetUri, { uri: 'qemu:///system' });
  const open = async () => {
    const [near, far] = connectedPair();
    const push = frameSplitter((frame) => {
      const name = PROCEDURES.find(({ number }) => number === frame.procedure)?.name ?? `procedure ${frame.procedure}`;
      calls.push(name);
      const reply = answers.get(frame.procedure)?.(frame);
      if (reply && name !== mute) far.write(reply);
      if (frame.procedure === 2) far.end();
    });
    far.on('data', push);
    far.on('close', () => (closed = true));
    far.on('end', () => far.destroy());
    return near;
  };
  return { transport: { name: 'the test server', secure: false, open }, calls, told, closed: () => closed };
}

test('a connection is opened in the order that servers insist on', async () => {
  const { transport, calls, told } = server();
  const opened = await openClient('qemu+unix:///system?socket=/x', { transport });
  expect(calls).toEqual(['authList', 'connectSupportsFeature', 'connectOpen', 'connectGetLibVersion']);
  expect(told).toEqual([{ name: 'qemu:///system', flags: 0 }]);
  expect(opened).toMatchObject({ libVersion: 9_000_000, uri: 'qemu+unix:///system?socket=/x' });
  await opened.client[Symbol.asyncDispose]();
});

test('without keepalive the feature is not asked for, and read-only is a flag', async () => {
  const { transport, calls, told } = server();
  const { client } = await openClient('qemu:///system', { transport, keepalive: false, readonly: true });
  expect(calls).not.toContain('connectSupportsFeature');
  expect(told).toEqual([{ name: 'qemu:///system', flags: 1 }]);
  await client[Symbol.asyncDispose]();
});

test('where nobody names a URI the server says which one it chose', async () => {
  const { transport, told } = server();
  const host = hostIn('/nonexistent');
  const { uri, client } = await openClient(undefined, { transport, host });
  expect([uri, told]).toEqual(['qemu:///system', [{ name: '', flags: 0 }]]);
  await client[Symbol.asyncDispose]();
});

test('polkit is asked when the server demands it', async () => {
  const { transport, calls } = server({ authTypes: [AuthType.POLKIT] });
  const { client } = await openClient('qemu:///system', { transport });
  expect(calls.slice(0, 2)).toEqual(['authList', 'authPolkit']);
  await client[Symbol.asyncDispose]();
});

test.each([
  [[AuthType.SASL], 'SASL'],
  [[77], 'the type 77'],
])('authentication %j is an AuthError and leaves nothing open', async (authTypes, what) => {
  const { transport, closed } = server({ authTypes });
  const opening = openClient('qemu:///system', { transport });
  await expect(opening).rejects.toMatchObject({ name: 'AuthError', codeName: 'AUTH_UNAVAILABLE' });
  await expect(opening).rejects.toThrow(`demands authentication by ${what}`);
  expect(closed()).toBe(true);
});

test.each(['authList', 'connectSupportsFeature', 'connectOpen', 'connectGetLibVersion'])(
  'an abort while %s is not answered leaves nothing open',
  async (mute) => {
    const { transport, calls, closed } = server({ mute });
    const controller = new AbortController();
    const opening = openClient('qemu:///system', { transport, signal: controller.signal });
    while (!calls.includes(mute)) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    expect(closed()).toBe(true);
  },
);

test('the number of the keepalive feature is libvirt’s', () => {
  expect(DrvFeature.PROGRAM_KEEPALIVE).toBe(10);
});

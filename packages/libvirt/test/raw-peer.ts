import type { Duplex } from 'node:stream';
import { NetMessageStatus, NetMessageType } from '../src/generated/enums.gen.ts';
import type { Procedure } from '../src/client/procedure.ts';
import { SocketClient, type SocketClientOptions } from '../src/client/socket-client.ts';
import { encodeFrame, encodeHead, type Frame, type Header } from '../src/wire/frame.ts';
import { frameSplitter } from '../src/wire/frame-splitter.ts';
import { errorCodec } from '../src/wire/server-error.ts';
import { connectedPair } from './connected-pair.ts';

/** A client and the far end of its socket, where a test plays the server packet by packet. */
export interface RawPeer {
  readonly client: SocketClient;
  readonly socket: Duplex;
  /** The next packet that the client sends. */
  next(): Promise<Frame>;
  /** How many packets came that nobody took yet. */
  waiting(): number;
  /** How many writes the client's packets came in. */
  writes(): number;
  reply<Args, Ret>(to: Frame, procedure: Procedure<Args, Ret>, ret: Ret): void;
  fail(to: Frame, error: { readonly code: number; readonly message: string; readonly domain?: number }): void;
  /** Any packet with raw bytes as its payload. */
  send(header: Partial<Header>, payload?: Uint8Array): void;
}

export function rawPeer(options: Partial<SocketClientOptions> = {}): RawPeer {
  const [near, socket] = connectedPair();
  const client = new SocketClient(near, { name: 'the test peer', keepalive: false, ...options });
  const frames: Frame[] = [];
  const takers: ((frame: Frame) => void)[] = [];
  let writes = 0;
  const split = frameSplitter((frame) => {
    const take = takers.shift();
    if (take) take(frame);
    else frames.push(frame);
  });
  socket.on('data', (chunk: Uint8Array) => {
    writes++;
    split(chunk);
  });
  const send = (header: Partial<Header>, payload: Uint8Array = new Uint8Array()) => {
    socket.write(Buffer.concat([encodeHead({ ...BLANK, ...header }, payload.length), payload]));
  };
  return {
    client,
    socket,
    next: () => {
      const frame = frames.shift();
      return frame ? Promise.resolve(frame) : new Promise((resolve) => takers.push(resolve));
    },
    waiting: () => frames.length,
    writes: () => writes,
    reply: (to, { ret: codec }, ret) => socket.write(encodeFrame({ ...to, type: NetMessageType.REPLY }, codec, ret)),
    fail: (to, { code, message, domain = 10 }) => {
      const header = { ...to, type: to.type === NetMessageType.CALL ? NetMessageType.REPLY : to.type };
      const report = { code, domain, message, level: 2, int1: -1, int2: -1 };
      socket.write(encodeFrame({ ...header, status: NetMessageStatus.ERROR }, errorCodec, report));
    },
    send,
  };
}

const BLANK: Header = {
  program: 0x20008086,
  version: 1,
  procedure: 1,
  type: NetMessageType.REPLY,
  serial: 0,
  status: NetMessageStatus.OK,
};

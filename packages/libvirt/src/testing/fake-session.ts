import type { Socket } from 'node:net';
import type { EventMessage } from '../client/procedure.ts';
import { NetMessageStatus, NetMessageType } from '../generated/enums.gen.ts';
import { encodeFrame, type Frame, type Header } from '../wire/frame.ts';
import { frameSplitter } from '../wire/frame-splitter.ts';
import { errorCodec } from '../wire/server-error.ts';
import { decodeBody } from '../xdr/codec.ts';
import type { FindProcedure, NamedProcedure } from './answers.ts';
import { DaemonError, errorBody } from './daemon-error.ts';
import { type FakeStreamSide, fakeStream } from './fake-stream.ts';
import { type Registrations, registrations } from './registrations.ts';

/** Answers one call, or throws. */
export type AnswerAny = (
  procedure: NamedProcedure,
  args: unknown,
  session: FakeSession,
  stream: FakeStreamSide,
) => Promise<unknown>;

/** One client of a fake daemon. */
export interface FakeSession {
  readonly registrations: Registrations;
  /** Sends an event message as it is. */
  send(message: EventMessage<unknown>, body: unknown): void;
  destroy(): void;
}

/** What a session does with its calls. */
export interface FakeSessionOptions {
  readonly find: FindProcedure;
  readonly answer: AnswerAny;
  /** Infinity: whole frames. */
  readonly splitBytes: number;
}

/** Serves a socket. What it sends is cut into pieces of at most `splitBytes`, each of which arrives by itself. */
export function fakeSession(socket: Socket, { find, answer, splitBytes }: FakeSessionOptions): FakeSession {
  const streams = new Map<number, FakeStreamSide>();
  const write =
    splitBytes === Number.POSITIVE_INFINITY
      ? (bytes: Uint8Array) => void socket.write(bytes)
      : inPieces(socket, splitBytes);
  const session: FakeSession = {
    registrations: registrations(),
    send({ program, number, codec }, body) {
      // Real daemons send serial 1 with events.
      write(encodeFrame({ ...header(program, number, 1), type: NetMessageType.MESSAGE }, codec, body));
    },
    destroy: () => void socket.destroy(),
  };

  const reply = async (call: Header, payload: Uint8Array) => {
    const stream = fakeStream(call, write);
    const head = { ...call, type: NetMessageType.REPLY };
    try {
      const procedure = find(call.program, call.procedure);
      if (!procedure) throw new DaemonError('RPC', `unknown procedure: ${call.procedure}`);
      if (procedure.stream) streams.set(call.serial, stream);
      const ret = await answer(procedure, decodeBody(procedure.args, payload), session, stream);
      write(encodeFrame({ ...head, status: NetMessageStatus.OK }, procedure.ret, ret));
    } catch (error) {
      streams.delete(call.serial);
      write(encodeFrame({ ...head, status: NetMessageStatus.ERROR }, errorCodec, errorBody(error)));
    }
  };
  const receive = (frame: Frame) => {
    if (frame.type === NetMessageType.CALL) void reply(frame, frame.payload);
    if (frame.type === NetMessageType.STREAM) void streams.get(frame.serial)?.packet(frame.status, frame.payload);
  };
  // A client that has gone is no error of the daemon.
  socket.on('error', () => {});
  const push = frameSplitter(receive);
  socket.on('data', (chunk) => {
    try {
      push(chunk);
    } catch {
      // What is no frame ends the connection, as libvirt ends it.
      socket.destroy();
    }
  });
  return session;
}

function inPieces(socket: Socket, bytesEach: number): (bytes: Uint8Array) => void {
  let last = Promise.resolve();
  const send = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; at += bytesEach) {
      socket.write(bytes.subarray(at, at + bytesEach));
      // Otherwise the client's next read would see all pieces as one.
      await new Promise(setImmediate);
    }
  };
  return (bytes) => {
    last = last.then(() => send(bytes));
  };
}

function header(program: number, procedure: number, serial: number): Header {
  return { program, version: 1, procedure, type: NetMessageType.REPLY, serial, status: NetMessageStatus.OK };
}

import { type ConnectionLostError, ProtocolError } from '../errors.ts';
import { NetMessageStatus, NetMessageType } from '../generated/enums.gen.ts';
import { encodeFrame, type Frame, type Header } from '../wire/frame.ts';
import { type FailedCall, serverError } from '../wire/server-error.ts';
import { decodeBody } from '../xdr/codec.ts';
import type { Outbox } from './outbox.ts';
import type { RoutedStream } from './packet-stream.ts';
import type { Procedure } from './procedure.ts';
import type { Routes } from './routes.ts';

/** What calls and streams need of their connection. */
export interface Line {
  readonly routes: Routes;
  readonly outbox: Outbox;
  /** The error of somebody who waited for `procedure` when the connection ended. */
  lost(procedure: string): ConnectionLostError;
}

/** What identifies a call, whatever its types. */
export interface CallHead {
  readonly procedure: Pick<Procedure<unknown, unknown>, 'program' | 'version' | 'number' | 'name'>;
  readonly args: unknown;
  readonly serial: number;
  /** Of a stream: the stack of whoever opened it, for errors that come later. */
  readonly site?: { readonly stack?: string };
}

export interface Call<Args, Ret> extends CallHead {
  readonly procedure: Procedure<Args, Ret>;
  readonly args: Args;
  readonly signal?: AbortSignal | undefined;
  /** Receives the packets of this serial from before the call is sent until the stream itself gives the serial back. */
  readonly stream?: RoutedStream;
}

/**
 * Sends a call and waits for its reply. What it throws is made where it was awaited, and not where the reply was read: so the
 * engine knows the stack of whoever called, without having to note it before each call. After an abort the serial stays taken until the reply has come, which is then dropped;
 * a stream that was opened nevertheless is given up.
 */
export async function exchange<Args, Ret>(line: Line, call: Call<Args, Ret>): Promise<Ret> {
  const { procedure, serial, signal, stream } = call;
  const frame = encodeCall(call);
  const { promise, resolve, reject } = Promise.withResolvers<() => Ret>();
  const abort = () => reject(signal?.reason);
  const settled = () => signal?.removeEventListener('abort', abort);

  let replied = false;
  const reply = (frame: Frame) => {
    settled();
    replied = true;
    const opened = frame.status === NetMessageStatus.OK ? stream : undefined;
    if (!opened) line.routes.delete(serial);
    if (signal?.aborted) opened?.abandon();
    resolve(() => answer(call, frame, opened));
  };

  line.routes.set(serial, {
    reply,
    packet(packet) {
      // A stream that fails before its reply will not get one.
      if (!replied && packet.status === NetMessageStatus.ERROR) reply(packet);
      else stream?.packet(packet);
    },
    lost() {
      settled();
      stream?.lost(line.lost(procedure.name));
      resolve(() => {
        throw line.lost(procedure.name);
      });
    },
  });
  signal?.addEventListener('abort', abort, { once: true });
  line.outbox.push(frame);
  const outcome = await promise;
  return outcome();
}

/** The head of a packet that belongs to a procedure. */
export function header(
  { program, version, number }: CallHead['procedure'],
  serial: number,
  type: NetMessageType,
  status: NetMessageStatus,
): Header {
  return { program, version, procedure: number, type, serial, status };
}

/** What an error of the server says about its call. */
export function failedCall({ procedure, args, site = {} }: CallHead): FailedCall {
  return { procedure: procedure.name, args, site };
}

function encodeCall<Args, Ret>({ procedure, args, serial }: Call<Args, Ret>): Uint8Array {
  try {
    return encodeFrame(header(procedure, serial, NetMessageType.CALL, NetMessageStatus.OK), procedure.args, args);
  } catch (error) {
    throw located(error, `${procedure.name} cannot be sent`);
  }
}

/** The reply's value, or its error. A stream whose opening is not understood is given up. */
function answer<Args, Ret>(call: Call<Args, Ret>, frame: Frame, opened: RoutedStream | undefined): Ret {
  try {
    return decodeReply(call, frame);
  } catch (error) {
    opened?.abandon();
    throw error;
  }
}

function decodeReply<Args, Ret>(call: Call<Args, Ret>, { status, payload }: Frame): Ret {
  const { procedure } = call;
  try {
    if (status === NetMessageStatus.OK) return decodeBody(procedure.ret, payload);
    const error = serverError(payload, failedCall(call));
    // Only those who wait from here on; what lies between would leave no room for them.
    Error.captureStackTrace(error, exchange);
    throw error;
  } catch (error) {
    throw located(error, `The reply to ${procedure.name} cannot be read`);
  }
}

function located(error: unknown, where: string): unknown {
  if (!(error instanceof ProtocolError)) return error;
  return new ProtocolError(error.code, `${where}: ${error.message}`, error.context, { cause: error });
}

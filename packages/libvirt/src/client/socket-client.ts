import type { Duplex } from 'node:stream';
import { ConnectionLostError, TimeoutError } from '../errors.ts';
import { NetMessageStatus, NetMessageType } from '../generated/enums.gen.ts';
import { connectClose } from '../generated/procedures.gen.ts';
import { encodeHead, type Frame } from '../wire/frame.ts';
import { frameSplitter } from '../wire/frame-splitter.ts';
import { type Call, exchange, type Line } from './call.ts';
import { type Keepalive, type KeepaliveOptions, keepalive } from './keepalive.ts';
import { outbox } from './outbox.ts';
import { SerialStream } from './packet-stream.ts';
import type { Procedure } from './procedure.ts';
import { routes } from './routes.ts';
import type { CallOptions, ReceivedMessage, RpcClient } from './rpc-client.ts';

export interface SocketClientOptions {
  /** What the socket leads to, for messages. */
  readonly name: string;
  /** False: the client never asks for signs of life. It answers the server's questions in any case. */
  readonly keepalive?: KeepaliveOptions | false | undefined;
}

const KEEPALIVE = { program: 0x6b656570, version: 1, ping: 1, pong: 2 } as const;
/** How long the server may take to say goodbye; it is busy when all calls that it executes at once hang. */
const GOODBYE_TIMEOUT_MS = 1000;

/** Calls over a socket that is open: no authentication, no URI yet. */
export class SocketClient implements RpcClient {
  readonly closed: Promise<Error | undefined>;
  readonly #socket: Duplex;
  readonly #name: string;
  readonly #line: Line;
  readonly #keepalive: Keepalive | undefined;
  #listener: ((message: ReceivedMessage) => void) | undefined;
  #reason: Error | undefined;
  #over = false;
  #disposal: Promise<void> | undefined;

  constructor(socket: Duplex, { name, keepalive: alive = {} }: SocketClientOptions) {
    this.#socket = socket;
    this.#name = name;
    this.#line = { routes: routes(), outbox: outbox(socket), lost: (procedure) => this.#lost(procedure, true) };
    if (alive) {
      this.#keepalive = keepalive(alive, {
        ping: () => this.#sendKeepalive(KEEPALIVE.ping),
        dead: (silenceMs) => this.destroy(new TimeoutError(`${name} was silent for ${silenceMs} ms`, silenceMs)),
      });
    }
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve(this.#end()));
    });
    this.#read();
  }

  async call<Args, Ret>(procedure: Procedure<Args, Ret>, args: Args, options: CallOptions = {}): Promise<Ret> {
    return await exchange(this.#line, this.#begin(procedure, args, options));
  }

  async openStream<Args, Ret>(procedure: Procedure<Args, Ret>, args: Args, options: CallOptions = {}) {
    const call = { ...this.#begin(procedure, args, options), site: callSite() };
    const stream = new SerialStream(this.#line, call);
    return { ret: await exchange(this.#line, { ...call, stream }), stream };
  }

  onEvent(listener: (message: ReceivedMessage) => void): void {
    this.#listener = listener;
  }

  /** Reads nothing until `resume`: for a connection that serves one transfer alone, whose reader is slow. */
  pause(): void {
    this.#keepalive?.pause();
    this.#socket.pause();
  }

  resume(): void {
    this.#keepalive?.resume();
    this.#socket.resume();
  }

  /** Ends the connection at once, for a reason that `closed` and whoever waits get to know. */
  destroy(reason?: Error): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposal ??= this.#goodbye());
  }

  async #goodbye(): Promise<void> {
    if (!this.#over) {
      const signal = AbortSignal.timeout(GOODBYE_TIMEOUT_MS);
      const serial = this.#line.routes.reserve();
      const goodbye = exchange(this.#line, { procedure: connectClose, args: undefined, serial, signal });
      // The server lets go of everything when the socket ends, with a goodbye or without.
      await goodbye.catch(() => {});
    }
    this.#socket.destroy();
    await this.closed;
  }

  #begin<Args, Ret>(procedure: Procedure<Args, Ret>, args: Args, { signal }: CallOptions): Call<Args, Ret> {
    signal?.throwIfAborted();
    if (this.#over || this.#disposal) throw this.#lost(procedure.name, false);
    return { procedure, args, signal, serial: this.#line.routes.reserve() };
  }

  #read(): void {
    const push = frameSplitter((frame) => this.#route(frame));
    this.#socket.on('data', (chunk: Uint8Array) => {
      this.#keepalive?.received();
      try {
        push(chunk);
      } catch (error) {
        this.destroy(error as Error);
      }
    });
    this.#socket.on('error', (error) => (this.#reason ??= error));
    this.#socket.on('end', () => this.#socket.destroy());
  }

  /** Packets that nobody waits for, or of types that this client does not know, are dropped, as libvirt drops them. */
  #route(frame: Frame): void {
    switch (frame.type) {
      case NetMessageType.REPLY:
      case NetMessageType.REPLY_WITH_FDS:
        return this.#line.routes.get(frame.serial)?.reply(frame);
      case NetMessageType.STREAM:
      case NetMessageType.STREAM_HOLE:
        return this.#line.routes.get(frame.serial)?.packet(frame);
      case NetMessageType.MESSAGE:
        return this.#message(frame);
    }
  }

  #message({ program, procedure, payload }: Frame): void {
    if (program !== KEEPALIVE.program) this.#listener?.({ program, procedure, payload });
    else if (procedure === KEEPALIVE.ping) this.#sendKeepalive(KEEPALIVE.pong);
  }

  #sendKeepalive(procedure: number): void {
    const { program, version } = KEEPALIVE;
    const header = {
      program,
      version,
      procedure,
      type: NetMessageType.MESSAGE,
      serial: 0,
      status: NetMessageStatus.OK,
    };
    this.#line.outbox.push(encodeHead(header, 0));
  }

  #end(): Error | undefined {
    this.#over = true;
    this.#keepalive?.stop();
    this.#line.routes.lose();
    return this.#disposal ? undefined : (this.#reason ?? this.#lost(undefined, false));
  }

  #lost(procedure: string | undefined, maybeExecuted: boolean): ConnectionLostError {
    const what =
      procedure === undefined ? '' : maybeExecuted ? ` while ${procedure} was executed` : `; ${procedure} was not sent`;
    const details = { procedure, maybeExecuted, cause: this.#reason };
    if (this.#disposal)
      return new ConnectionLostError('CLOSED', `The connection to ${this.#name} was closed${what}`, details);
    const why = this.#reason ? `: ${this.#reason.message}` : ' by the server';
    return new ConnectionLostError('LOST', `The connection to ${this.#name} was ended${what}${why}`, details);
  }
}

/** The stack from the call on: an error of the stream that comes later would show only who read it. */
function callSite(): { readonly stack?: string } {
  const site: { stack?: string } = {};
  Error.captureStackTrace(site, callSite);
  return site;
}

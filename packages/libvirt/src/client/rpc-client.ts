import type { Procedure } from './procedure.ts';

export interface CallOptions {
  /** Stops waiting; the server still executes the call, because the protocol has no cancel message. */
  readonly signal?: AbortSignal | undefined;
}

/** An event message, still encoded: the body follows the {@link EventMessage} of this program and number. */
export interface ReceivedMessage {
  readonly program: number;
  readonly procedure: number;
  readonly payload: Uint8Array;
}

/**
 * Calls over one socket. They are pipelined, and the server keeps no order among them: await what depends on another call.
 * Leaving it (`await using`) says goodbye to the server, ends the socket and rejects whoever still waits.
 */
export interface RpcClient extends AsyncDisposable {
  /**
   * Throws `LibvirtError` with the server's words, `UnsupportedError` before anything is sent when the server is too old or the
   * call passes file descriptors, `ProtocolError` for arguments that cannot be sent or an answer that makes no sense,
   * `ConnectionLostError`, or the signal's reason.
   */
  call<Args, Ret>(procedure: Procedure<Args, Ret>, args: Args, options?: CallOptions): Promise<Ret>;
  /** As `call`, with the procedure's stream, which is installed before the call is sent. */
  openStream<Args, Ret>(
    procedure: Procedure<Args, Ret>,
    args: Args,
    options?: CallOptions,
  ): Promise<{ readonly ret: Ret; readonly stream: PacketStream }>;
  /** One listener for every event message; the last one set counts. What it throws ends the connection, so it should not. */
  onEvent(listener: (message: ReceivedMessage) => void): void;
  /** Resolves when the connection is over: with the reason, or undefined when it was disposed of. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** The client of the present socket, which a client that reconnects waits for. Absent: this client has one socket for life. */
  session?(): Promise<RpcClient>;
  /** Somebody who has registered something with the server, which forgets it with the socket. One of them; the last one counts. */
  onRenewal?(renewal: Renewal): void;
}

/** Told about the sockets of a client that reconnects. Neither method may throw. */
export interface Renewal {
  /** The socket is gone, and its server with all that it knew. */
  lost(): void;
  /** There is a new one, which nobody else uses until this has resolved. */
  renewed(session: RpcClient): Promise<void>;
}

/** One packet of a stream. */
export type StreamPacket =
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** `length` bytes of zeros that were not sent. */
  | { readonly type: 'hole'; readonly length: bigint }
  /** The server has no more data; `finish` is still to be called. */
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: Error };

/** The packets of one stream. Ends by `finish` or `abort`, of which the first one counts. */
export interface PacketStream {
  /** Resolves when the bytes were handed to the socket and it wants more. Rejects with the stream's error once it has one. */
  send(data: Uint8Array): Promise<void>;
  sendHole(length: bigint): Promise<void>;
  /** The client's end. Resolves at the server's confirmation, rejects with its error (a full volume is reported here). */
  finish(): Promise<void>;
  /** Gives up. Resolves at the server's confirmation; packets under way are dropped. */
  abort(): Promise<void>;
  /** Called for each packet, those that came before it was set included; `end` once, `error` at most once and last. */
  onPacket(listener: (packet: StreamPacket) => void): void;
}

import { clientReport, OperationInvalidError } from '../errors.ts';
import { ErrorNumber, NetMessageStatus, NetMessageType } from '../generated/enums.gen.ts';
import { decodeVirNetStreamHole, encodeVirNetStreamHole, type VirNetStreamHole } from '../generated/types.gen.ts';
import { encodeFrame, encodeHead, type Frame, type Header, MAX_STREAM_BYTES } from '../wire/frame.ts';
import { serverError } from '../wire/server-error.ts';
import { decodeBody, type XdrCodec } from '../xdr/codec.ts';
import { type CallHead, failedCall, header, type Line } from './call.ts';
import type { PacketStream, StreamPacket } from './rpc-client.ts';

/** A stream as the connection sees it. */
export interface RoutedStream {
  packet(frame: Frame): void;
  lost(error: Error): void;
  /** Nobody wants it: aborts it without anybody waiting. */
  abandon(): void;
}

const holeCodec: XdrCodec<VirNetStreamHole> = { encode: encodeVirNetStreamHole, decode: decodeVirNetStreamHole };

/**
 * One stream under the serial of the call that opens it. Data has status continue, with an empty packet at the end of the
 * server's; the client ends with ok or gives up with error, and the server confirms either with ok.
 */
export class SerialStream implements PacketStream, RoutedStream {
  readonly #line: Line;
  readonly #call: CallHead;
  #listener: ((packet: StreamPacket) => void) | undefined;
  #early: StreamPacket[] = [];
  #failure: Error | undefined;
  /** Our end, settled by the server's confirmation. */
  #ending: { readonly by: 'finish' | 'abort'; readonly confirmed: PromiseWithResolvers<void> } | undefined;

  constructor(line: Line, call: CallHead) {
    this.#line = line;
    this.#call = call;
  }

  async send(data: Uint8Array): Promise<void> {
    for (let start = 0; start < data.length; start += MAX_STREAM_BYTES) {
      this.#checkOpen();
      const part = data.subarray(start, start + MAX_STREAM_BYTES);
      this.#line.outbox.push(
        encodeHead(this.#header(NetMessageType.STREAM, NetMessageStatus.CONTINUE), part.length),
        part,
      );
      await this.#line.outbox.drained();
    }
    this.#checkOpen();
  }

  async sendHole(length: bigint): Promise<void> {
    this.#checkOpen();
    this.#line.outbox.push(
      encodeFrame(this.#header(NetMessageType.STREAM_HOLE, NetMessageStatus.CONTINUE), holeCodec, { length, flags: 0 }),
    );
    await this.#line.outbox.drained();
  }

  finish(): Promise<void> {
    return this.#end('finish');
  }

  abort(): Promise<void> {
    return this.#end('abort');
  }

  onPacket(listener: (packet: StreamPacket) => void): void {
    this.#listener = listener;
    const packets = this.#early;
    this.#early = [];
    for (const packet of packets) listener(packet);
  }

  packet(frame: Frame): void {
    try {
      if (frame.status === NetMessageStatus.ERROR) this.lost(serverError(frame.payload, failedCall(this.#call)));
      else if (frame.status === NetMessageStatus.OK) this.#confirmed();
      else if (this.#ending?.by !== 'abort') this.#deliver(decodePacket(frame));
    } catch (error) {
      this.lost(error as Error);
    }
  }

  lost(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#line.routes.delete(this.#call.serial);
    // Whoever gave up got what they wanted.
    if (this.#ending?.by === 'abort') this.#ending.confirmed.resolve();
    else if (this.#ending) this.#ending.confirmed.reject(error);
    else this.#deliver({ type: 'error', error });
  }

  abandon(): void {
    this.abort().catch(() => {});
  }

  #confirmed(): void {
    this.#line.routes.delete(this.#call.serial);
    if (this.#ending) this.#ending.confirmed.resolve();
    else this.#deliver({ type: 'end' });
  }

  #end(by: 'finish' | 'abort'): Promise<void> {
    if (this.#ending) return this.#ending.confirmed.promise;
    const confirmed = Promise.withResolvers<void>();
    this.#ending = { by, confirmed };
    if (!this.#failure)
      this.#line.outbox.push(
        encodeHead(
          this.#header(NetMessageType.STREAM, by === 'finish' ? NetMessageStatus.OK : NetMessageStatus.ERROR),
          0,
        ),
      );
    else if (by === 'finish') confirmed.reject(this.#failure);
    else confirmed.resolve();
    return confirmed.promise;
  }

  #deliver(packet: StreamPacket): void {
    if (this.#listener) this.#listener(packet);
    else this.#early.push(packet);
  }

  #checkOpen(): void {
    if (this.#failure) throw this.#failure;
    if (this.#ending) throw ended(this.#call.procedure.name);
  }

  #header(type: NetMessageType, status: NetMessageStatus): Header {
    return header(this.#call.procedure, this.#call.serial, type, status);
  }
}

function decodePacket(frame: Frame): StreamPacket {
  if (frame.type === NetMessageType.STREAM_HOLE) {
    return { type: 'hole', length: decodeBody(holeCodec, frame.payload).length };
  }
  return frame.payload.length === 0 ? { type: 'end' } : { type: 'data', data: frame.payload };
}

function ended(procedure: string): OperationInvalidError {
  const message = `The stream of ${procedure} was ended on this side; nothing can be sent any more`;
  return new OperationInvalidError(message, clientReport(ErrorNumber.OPERATION_INVALID, message), procedure);
}

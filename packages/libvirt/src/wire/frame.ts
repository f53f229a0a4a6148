import { ProtocolError } from '../errors.ts';
import { NetMessageStatus, NetMessageType } from '../generated/enums.gen.ts';
import type { XdrCodec } from '../xdr/codec.ts';
import { XdrReader } from '../xdr/xdr-reader.ts';
import { outOfRange, XdrWriter } from '../xdr/xdr-writer.ts';

/** The head of every packet (virNetMessageHeader). */
export interface Header {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  /** {@link NetMessageType}; a newer peer may send others. */
  readonly type: number;
  /** Chosen by the caller; replies and the packets of a stream repeat it. */
  readonly serial: number;
  /** NetMessageStatus. */
  readonly status: number;
}

export interface Frame extends Header {
  readonly payload: Uint8Array;
  /** File descriptors that came with it: as many bytes follow the frame. */
  readonly fdCount: number;
}

/** The length of a frame as its first word says it, that word included; as much as libvirt accepts. */
export const MAX_FRAME_BYTES = 33_554_432 + 4;
/** Length word and header. */
export const MIN_FRAME_BYTES = 28;
/** What libvirt itself puts at most into one packet of a stream. */
export const MAX_STREAM_BYTES = 262_120;
const MAX_FDS = 32;

/** Reads a whole frame, its length word included, without copying the payload. Throws `ProtocolError` `MALFORMED`. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const reader = new XdrReader(bytes, 4);
  const program = reader.uint();
  const version = reader.uint();
  const procedure = reader.int();
  const type = reader.int();
  const serial = reader.uint();
  const status = reader.int();
  const withFds = type === NetMessageType.CALL_WITH_FDS || type === NetMessageType.REPLY_WITH_FDS;
  const fdCount = withFds ? reader.count(MAX_FDS, 0) : 0;
  const payload = bytes.subarray(withFds ? MIN_FRAME_BYTES + 4 : MIN_FRAME_BYTES);
  return { program, version, procedure, type, serial, status, fdCount, payload };
}

/** The frame that begins with these bytes, so far without payload, if it is a packet of stream data. */
export function streamDataHead(bytes: Uint8Array): Frame | undefined {
  const head = new DataView(bytes.buffer, bytes.byteOffset, MIN_FRAME_BYTES);
  const isData = head.getInt32(16) === NetMessageType.STREAM && head.getInt32(24) === NetMessageStatus.CONTINUE;
  return isData ? decodeFrame(bytes.subarray(0, MIN_FRAME_BYTES)) : undefined;
}

/** A frame with an encoded body. Throws `ProtocolError` `INVALID_VALUE` for a body that cannot be sent. */
export function encodeFrame<T>(header: Header, codec: XdrCodec<T>, body: T): Uint8Array {
  const writer = headWriter(header);
  codec.encode(writer, body);
  const { length } = writer;
  if (length > MAX_FRAME_BYTES) throw outOfRange('body', length, `at most ${MAX_FRAME_BYTES} bytes long`);
  writer.patchUint(0, length);
  return writer.bytes();
}

/** The first bytes of a frame whose payload of `payloadBytes` is written as it is after them. */
export function encodeHead(header: Header, payloadBytes: number): Uint8Array {
  const writer = headWriter(header);
  writer.patchUint(0, MIN_FRAME_BYTES + payloadBytes);
  return writer.bytes();
}

/** The number of bytes of the frame that begins here. Throws `ProtocolError` `MALFORMED` for a length that no frame has. */
export function frameLength(bytes: Uint8Array): number {
  const length = new XdrReader(bytes).uint();
  if (length >= MIN_FRAME_BYTES && length <= MAX_FRAME_BYTES) return length;
  const message = `A frame of ${length} bytes; allowed are ${MIN_FRAME_BYTES} to ${MAX_FRAME_BYTES}. Is this a libvirt socket?`;
  throw new ProtocolError('MALFORMED', message, { length, minimum: MIN_FRAME_BYTES, maximum: MAX_FRAME_BYTES });
}

function headWriter(header: Header): XdrWriter {
  const writer = new XdrWriter();
  writer.uint(0, 'length');
  writer.uint(header.program, 'program');
  writer.uint(header.version, 'version');
  writer.int(header.procedure, 'procedure');
  writer.int(header.type, 'type');
  writer.uint(header.serial, 'serial');
  writer.int(header.status, 'status');
  return writer;
}

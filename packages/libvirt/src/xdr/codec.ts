import { XdrReader } from './xdr-reader.ts';
import { XdrWriter } from './xdr-writer.ts';

/** How one type stands on the wire (XDR, RFC 4506). Both directions throw `ProtocolError` for what the type does not allow. */
export interface XdrCodec<T> {
  readonly encode: (writer: XdrWriter, value: T) => void;
  readonly decode: (reader: XdrReader) => T;
}

/** A message without a body. */
export const empty: XdrCodec<undefined> = {
  encode() {},
  decode() {
    return undefined;
  },
};

/** The bytes of a value. */
export function encodeBody<T>(codec: XdrCodec<T>, value: T): Uint8Array {
  const writer = new XdrWriter();
  codec.encode(writer, value);
  return writer.bytes();
}

/** The value of a whole body: bytes left over are a `ProtocolError`, as missing ones are. */
export function decodeBody<T>(codec: XdrCodec<T>, bytes: Uint8Array): T {
  const reader = new XdrReader(bytes);
  const value = codec.decode(reader);
  reader.end();
  return value;
}

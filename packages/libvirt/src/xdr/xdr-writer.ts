import { ProtocolError } from '../errors.ts';

const INITIAL_BYTES = 512;

/**
 * Writes XDR (RFC 4506) into one growing buffer. `field` is what an error calls the value. Throws `ProtocolError`
 * `INVALID_VALUE` for what the type has no room for, instead of sending something else.
 */
export class XdrWriter {
  #bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #view: DataView = viewOf(this.#bytes);
  #length = 0;

  /** What was written; the writer is not to be used after this. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  int(value: number, field: string): void {
    if ((value | 0) !== value) throw outOfRange(field, value, 'an integer of 32 bits');
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  uint(value: number, field: string): void {
    if (value >>> 0 !== value) throw outOfRange(field, value, 'an unsigned integer of 32 bits');
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
  }

  hyper(value: bigint, field: string): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
      throw outOfRange(field, value, 'a bigint of 64 bits');
    }
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value);
  }

  uhyper(value: bigint, field: string): void {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) {
      throw outOfRange(field, value, 'an unsigned bigint of 64 bits');
    }
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value);
  }

  double(value: number, field: string): void {
    if (typeof value !== 'number') throw outOfRange(field, value, 'a number');
    const at = this.#grow(8);
    this.#view.setFloat64(at, value);
  }

  char(value: number, field: string): void {
    if ((value << 24) >> 24 !== value) throw outOfRange(field, value, 'an integer from -128 to 127');
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  uchar(value: number, field: string): void {
    if ((value & 0xff) !== value) throw outOfRange(field, value, 'an integer from 0 to 255');
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  short(value: number, field: string): void {
    if ((value << 16) >> 16 !== value) throw outOfRange(field, value, 'an integer from -32768 to 32767');
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  ushort(value: number, field: string): void {
    if ((value & 0xffff) !== value) throw outOfRange(field, value, 'an integer from 0 to 65535');
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  bool(value: boolean): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value ? 1 : 0);
  }

  /** UTF-8. The server reads C strings, so a NUL would end the text early there; it is refused. */
  string(value: string, maxBytes: number, field: string): void {
    if (typeof value !== 'string') throw outOfRange(field, value, 'a string');
    const length = Buffer.byteLength(value);
    this.count(length, maxBytes, field);
    if (value.includes('\0') || !value.isWellFormed()) {
      throw outOfRange(field, value, 'text without NUL characters and lone surrogates');
    }
    const start = this.#grow(length + (-length & 3));
    this.#bytes.write(value, start, 'utf8');
    this.#bytes.fill(0, start + length, this.#length);
  }

  fixedOpaque(value: Uint8Array, length: number, field: string): void {
    if (!(value instanceof Uint8Array)) throw outOfRange(field, value, 'a Uint8Array');
    this.exactly(value.length, length, field);
    const start = this.#grow(length + (-length & 3));
    this.#bytes.set(value, start);
    this.#bytes.fill(0, start + length, this.#length);
  }

  opaque(value: Uint8Array, maxBytes: number, field: string): void {
    if (!(value instanceof Uint8Array)) throw outOfRange(field, value, 'a Uint8Array');
    this.count(value.length, maxBytes, field);
    this.fixedOpaque(value, value.length, field);
  }

  /** An array of C's `char`: a word for each. */
  chars(value: Int8Array): void {
    const start = this.#grow(value.length * 4);
    for (let i = 0; i < value.length; i++) this.#view.setInt32(start + i * 4, value[i] ?? 0);
  }

  /** The number of elements that follow. */
  count(count: number, max: number, field: string): void {
    if (count > max) throw outOfRange(field, count, `a length of at most ${max}`);
    this.uint(count, field);
  }

  /** Refuses an array of another length than the type has. */
  exactly(count: number, length: number, field: string): void {
    if (count !== length) throw outOfRange(field, count, `of length ${length}`);
  }

  /** Bytes as they are, without padding. */
  raw(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Overwrites a word that was written before. */
  patchUint(offset: number, value: number): void {
    this.#view.setUint32(offset, value);
  }

  get length(): number {
    return this.#length;
  }

  /** Makes room and answers where. It may replace the buffer, so ask before touching that. */
  #grow(length: number): number {
    const start = this.#length;
    this.#length = start + length;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
      this.#view = viewOf(larger);
    }
    return start;
  }
}

/** An error for a value that a field of the protocol cannot hold. Text is not shown: it may be a secret. */
export function outOfRange(field: string, value: unknown, allowed: string): ProtocolError {
  const numeric = typeof value === 'number' || typeof value === 'bigint';
  const shown = numeric ? String(value) : value === null ? 'null' : typeof value;
  return new ProtocolError('INVALID_VALUE', `"${field}" must be ${allowed}, not ${shown}`, { field, allowed, shown });
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

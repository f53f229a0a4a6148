import { ProtocolError } from '../errors.ts';

/**
 * Reads XDR (RFC 4506) from bytes it does not copy; what it returns is copied, so nothing keeps a whole chunk alive. Counts and
 * lengths are compared with the bytes that are left before anything is allocated. Throws `ProtocolError` `MALFORMED`.
 */
export class XdrReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  int(): number {
    return this.#view.getInt32(this.#take(4));
  }

  uint(): number {
    return this.#view.getUint32(this.#take(4));
  }

  hyper(): bigint {
    return this.#view.getBigInt64(this.#take(8));
  }

  uhyper(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  // Small integers fill a whole word. Servers whose C `char` is unsigned send 200 where others send -56, and libvirt's own
  // client keeps the low bits, so neither is refused.
  char(): number {
    return (this.int() << 24) >> 24;
  }

  uchar(): number {
    return this.int() & 0xff;
  }

  short(): number {
    return (this.int() << 16) >> 16;
  }

  ushort(): number {
    return this.int() & 0xffff;
  }

  bool(): boolean {
    const word = this.uint();
    if (word > 1) throw this.#malformed(`the truth value ${word}; allowed are 0 and 1`);
    return word === 1;
  }

  /** Bytes that are no UTF-8 (a volume may have any name) become U+FFFD. */
  string(maxBytes: number): string {
    const length = this.count(maxBytes, 1);
    const start = this.#take(length + padding(length));
    return this.#bytes.toString('utf8', start, start + length);
  }

  fixedOpaque(length: number): Uint8Array {
    const start = this.#take(length + padding(length));
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  opaque(maxBytes: number): Uint8Array {
    return this.fixedOpaque(this.count(maxBytes, 1));
  }

  /** An array of C's `char`: a word for each. */
  chars(length: number): Int8Array {
    this.#need(length * 4);
    const chars = new Int8Array(length);
    for (let i = 0; i < length; i++) chars[i] = this.char();
    return chars;
  }

  /** The number of elements that follow, each of `minBytes` or more. */
  count(max: number, minBytes: number): number {
    const count = this.uint();
    if (count > max) throw this.#malformed(`a length of ${count}; allowed are at most ${max}`);
    this.#need(count * minBytes);
    return count;
  }

  /** Refuses bytes after the value. */
  end(): void {
    const left = this.#bytes.length - this.#offset;
    if (left > 0) throw this.#malformed(`${left} bytes too many`);
  }

  /** An error for a value at this place that means nothing. */
  unknown(what: string, value: number): ProtocolError {
    return this.#malformed(`the ${what} ${value}, which this client does not know`);
  }

  #take(length: number): number {
    this.#need(length);
    const start = this.#offset;
    this.#offset = start + length;
    return start;
  }

  #need(length: number): void {
    const left = this.#bytes.length - this.#offset;
    if (length > left) throw this.#malformed(`${left} bytes where ${length} are needed`);
  }

  #malformed(what: string): ProtocolError {
    const context = { offset: this.#offset, length: this.#bytes.length };
    return new ProtocolError('MALFORMED', `Byte ${this.#offset} of ${this.#bytes.length}: ${what}`, context);
  }
}

/** Bytes up to the next whole word. */
function padding(length: number): number {
  return -length & 3;
}

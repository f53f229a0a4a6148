/** Tells whether a stream of zstd frames ended where one ends. */
export interface ZstdFrames {
  push(chunk: Uint8Array): void;
  /** Nothing is missing. */
  readonly isWhole: boolean;
}

const SKIPPABLE = 0x184d2a50;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const SIZE_BYTES = [0, 2, 4, 8] as const;
const RLE = 1;

/** What comes next: so many bytes that are read, or skipped, and then what they lead to. */
interface Step {
  readonly bytes: number;
  readonly next: (bytes: Buffer) => Step;
  readonly skips?: true;
}

/**
 * Follows the frames by their lengths (RFC 8878, 3.1): Node.js before 24 takes a stream that is cut off for one that has
 * ended. What is no frame at all, zlib itself refuses.
 */
export function zstdFrames(): ZstdFrames {
  let step = frame;
  let pending = Buffer.alloc(0);
  let skipped = 0;
  return {
    push(chunk) {
      let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      while (rest.length > 0) {
        const missing = step.bytes - (step.skips ? skipped : pending.length);
        const part = rest.subarray(0, missing);
        rest = rest.subarray(part.length);
        if (step.skips) skipped += part.length;
        else pending = Buffer.concat([pending, part]);
        while (step.bytes === (step.skips ? skipped : pending.length)) {
          step = step.next(pending);
          pending = Buffer.alloc(0);
          skipped = 0;
        }
      }
    },
    get isWhole() {
      return step === frame && pending.length === 0;
    },
  };
}

const frame: Step = {
  bytes: MAGIC_BYTES,
  next(magic) {
    const isSkippable = magic.readUInt32LE() - (magic.readUInt32LE() % 16) === SKIPPABLE;
    return isSkippable ? { bytes: 4, next: (size) => skip(size.readUInt32LE(), frame) } : descriptor;
  },
};

const descriptor: Step = {
  bytes: 1,
  next(byte) {
    const flags = byte.readUInt8();
    const isSingle = (flags & 0x20) !== 0;
    const sizeFlag = flags >> 6;
    const sizeBytes = sizeFlag === 0 && isSingle ? 1 : (SIZE_BYTES[sizeFlag] ?? 0);
    const headerBytes = (isSingle ? 0 : 1) + (DICTIONARY_BYTES[flags & 3] ?? 0) + sizeBytes;
    return skip(headerBytes, block((flags & 4) !== 0));
  },
};

function block(hasChecksum: boolean): Step {
  const step: Step = {
    bytes: BLOCK_HEADER_BYTES,
    next(header) {
      const value = header.readUIntLE(0, BLOCK_HEADER_BYTES);
      const length = ((value >> 1) & 3) === RLE ? 1 : value >> 3;
      const isLast = (value & 1) === 1;
      return skip(length, isLast ? skip(hasChecksum ? CHECKSUM_BYTES : 0, frame) : step);
    },
  };
  return step;
}

function skip(bytes: number, then: Step): Step {
  return bytes === 0 ? then : { bytes, skips: true, next: () => then };
}

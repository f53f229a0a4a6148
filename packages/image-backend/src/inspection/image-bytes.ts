import type { FileHandle } from 'node:fs/promises';

/** A file that is read in small pieces, and never more than its budget allows. */
export interface ImageBytes {
  readonly size: bigint;
  /** What the budget has left. */
  readonly left: number;
  /** Fewer bytes than asked for where the file or the budget ends. */
  read(offset: bigint, length: number): Promise<Buffer>;
}

/** Bytes of an open file; at most `budget` of them are ever read. */
export async function imageBytes(handle: FileHandle, budget: number): Promise<ImageBytes> {
  const { size } = await handle.stat({ bigint: true });
  let left = budget;
  return {
    size,
    get left() {
      return left;
    },
    async read(offset, length) {
      const wanted = offset < 0n || offset >= size ? 0 : Math.min(length, left, Number(size - offset));
      left -= wanted;
      const buffer = Buffer.alloc(wanted);
      let done = 0;
      while (done < wanted) {
        const { bytesRead } = await handle.read(buffer, done, wanted - done, offset + BigInt(done));
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
  };
}

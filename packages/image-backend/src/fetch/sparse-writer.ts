import type { FileHandle } from 'node:fs/promises';

/** Writes a file from its beginning and leaves holes where whole blocks are zero. */
export interface SparseWriter {
  /** The chunk may be reused when the promise resolves. */
  write(chunk: Uint8Array): Promise<void>;
  /** Writes what is left and gives the file its size. */
  end(): Promise<void>;
}

const BLOCK_BYTES = 64 * 1024;
const BUFFER_BYTES = 16 * BLOCK_BYTES;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

export function sparseWriter(handle: FileHandle): SparseWriter {
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let filled = 0;
  let position = 0;
  const flush = async () => {
    for (const [start, end] of dataRuns(buffer.subarray(0, filled)))
      await writeAll(handle, buffer, start, end, position);
    position += filled;
    filled = 0;
  };
  return {
    async write(chunk) {
      for (let taken = 0; taken < chunk.length; ) {
        const part = chunk.subarray(taken, taken + BUFFER_BYTES - filled);
        buffer.set(part, filled);
        filled += part.length;
        taken += part.length;
        if (filled === BUFFER_BYTES) await flush();
      }
    },
    async end() {
      await flush();
      await handle.truncate(position);
    },
  };
}

/** Ranges of blocks that are not zero, neighbours together. */
function dataRuns(bytes: Buffer): [start: number, end: number][] {
  const runs: [number, number][] = [];
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, bytes.length);
    if (bytes.subarray(start, end).equals(ZEROS.subarray(0, end - start))) continue;
    const last = runs.at(-1);
    if (last?.[1] === start) last[1] = end;
    else runs.push([start, end]);
  }
  return runs;
}

async function writeAll(
  handle: FileHandle,
  buffer: Buffer,
  start: number,
  end: number,
  position: number,
): Promise<void> {
  for (let at = start; at < end; ) {
    const { bytesWritten } = await handle.write(buffer, at, end - at, position + at);
    at += bytesWritten;
  }
}

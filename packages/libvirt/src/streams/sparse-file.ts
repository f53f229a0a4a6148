import { type FileHandle, open } from 'node:fs/promises';
import type { Segment } from './intake.ts';

/** Writes segments into a file of that path, which replaces what was there; holes take no room. Answers its size in bytes. */
export async function writeSparseFile(path: string, segments: AsyncIterable<Segment>): Promise<bigint> {
  await using file = await open(path, 'w');
  let position = 0n;
  for await (const segment of segments) {
    if (segment.type === 'hole') {
      position += segment.lengthBytes;
    } else {
      await writeAt(file, segment.data, position);
      position += BigInt(segment.data.length);
    }
  }
  await file.truncate(Number(position));
  return position;
}

async function writeAt(file: FileHandle, data: Uint8Array, position: bigint): Promise<void> {
  for (let written = 0; written < data.length; ) {
    const { bytesWritten } = await file.write(data, written, data.length - written, Number(position) + written);
    written += bytesWritten;
  }
}

import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type ZstdFrames, zstdFrames } from './zstd-frames.ts';

/** How the bytes of an image are packed for transport. */
export type Compression = 'gzip' | 'xz' | 'zstd';

/** Those that are unpacked while they arrive. */
export type StreamedCompression = Exclude<Compression, 'xz'>;

const MAGIC: Readonly<Record<Compression, string>> = {
  gzip: '\x1f\x8b\x08',
  xz: '\xfd7zXZ\0',
  zstd: '\x28\xb5\x2f\xfd',
};
const HEAD_BYTES = 6;

const decompressors: Readonly<Record<StreamedCompression, () => Transform>> = {
  gzip: () => createGunzip(),
  zstd: () => createZstdDecompress(),
};

/** No disk image that could be used begins like this. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const text = Buffer.from(head.subarray(0, HEAD_BYTES)).toString('latin1');
  return (Object.keys(MAGIC) as Compression[]).find((name) => text.startsWith(MAGIC[name]));
}

/** Looks at the beginning of a stream, and gives it back whole. */
export async function peekCompression(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly compression: Compression | undefined; readonly chunks: AsyncIterable<Uint8Array> }> {
  const rest = chunks[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  for (let next = await rest.next(); ; next = await rest.next()) {
    if (!next.done) head = Buffer.concat([head, next.value]);
    if (next.done || head.length >= HEAD_BYTES) break;
  }
  return { compression: compressionOf(head), chunks: joined(head, rest) };
}

/** The unpacked bytes. Throws what the chunks throw, and errors of zlib for broken ones. */
export async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  compression: StreamedCompression,
): AsyncGenerator<Uint8Array> {
  const unpacked = decompressors[compression]();
  const frames = compression === 'zstd' ? zstdFrames() : undefined;
  // Its error also ends the loop below.
  const piped = pipeline(Readable.from(copies(chunks, frames)), unpacked).catch(() => {});
  yield* unpacked as AsyncIterable<Uint8Array>;
  await piped;
  if (frames && !frames.isWhole) throw Object.assign(new Error('unexpected end of file'), { code: 'ZSTD_cut_off' });
}

/** Whether an error is one of unpacking, and not of what was unpacked. */
export function isDecompressionError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code));
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** A stream reads ahead, while a chunk is valid until the next one is asked for. */
async function* copies(chunks: AsyncIterable<Uint8Array>, frames: ZstdFrames | undefined): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    frames?.push(chunk);
    yield Buffer.from(chunk);
  }
}

import { createHash, type Hash } from 'node:crypto';
import { chmod, type FileHandle, open, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '@spawnkit/effects';
import type { Checksum } from '../checksum.ts';
import { ImageBackendError } from '../errors.ts';
import { noSpace } from '../failure.ts';
import type { OnImageProgress } from '../progress.ts';
import { type Compression, compressionOf, decompressed, isDecompressionError, peekCompression } from './compression.ts';
import type { Fetchable, OpenSource } from './fetchable.ts';
import { fileChunks } from './file-source.ts';
import { sparseWriter } from './sparse-writer.ts';

export interface ReceiveRequest {
  readonly source: Fetchable;
  /** Created; must not exist. Mode 0600. */
  readonly path: string;
  /** Of what arrives, and of what it unpacks to. */
  readonly maxBytes: bigint;
  /** Unpacks gzip and zstd; xz is only recognised. */
  readonly decompress: boolean;
  readonly clock: Clock;
  readonly onProgress?: OnImageProgress | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What came. */
export interface Received {
  /** In the file. */
  readonly bytes: bigint;
  /** Of the file. */
  readonly sha256: string;
  /** Of what was transported; the others when the source or its user asked for them. */
  readonly sourceHashes: SourceHashes;
  /** What the file still is. */
  readonly compression?: Compression | undefined;
  /** What the source calls the image's format. */
  readonly declaredFormat?: string | undefined;
}

export type SourceHashes = Readonly<{ sha256: string } & Partial<Record<Checksum['algorithm'], string>>>;

const PROGRESS_EVERY_MS = 100;

/**
 * Brings the bytes of a source into a file and hashes them on the way. Throws `ImageBackendError` `SOURCE_UNREADABLE`,
 * `TOO_LARGE`, `NO_SPACE`, `CHECKSUM_MISMATCH`, `NOT_AN_IMAGE` for what cannot be unpacked, errors of the file system,
 * the signal's reason; the file may be left then.
 */
export async function receive(request: ReceiveRequest): Promise<Received> {
  const { source, path, signal } = request;
  await using opened = await source.open(signal);
  if (opened.totalBytes !== undefined) checkSize(request, opened.totalBytes);
  const cloned = await cloneSource(request, opened);
  if (!cloned) await checkSpace(path, opened);
  await using file = await open(path, cloned ? 'r' : 'wx', 0o600);
  const expected = [source.checksum, opened.checksum].filter((checksum) => checksum !== undefined);
  const received = await transfer(request, opened, { file, cloned, algorithms: expected.map((one) => one.algorithm) });
  await opened.checkUnchanged?.();
  for (const checksum of expected) compare(source, checksum, received.sourceHashes);
  return { ...received, declaredFormat: opened.declaredFormat };
}

/** What is packed cannot be used as a clone. */
async function cloneSource({ path, decompress }: ReceiveRequest, opened: OpenSource): Promise<boolean> {
  if (!((await opened.clone?.(path)) ?? false)) return false;
  await chmod(path, 0o600);
  if (!decompress || (await fileCompression(path)) === undefined) return true;
  await rm(path);
  return false;
}

async function fileCompression(path: string): Promise<Compression | undefined> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
  return compressionOf(buffer.subarray(0, bytesRead));
}

interface Target {
  readonly file: FileHandle;
  /** It has its bytes already and is only read. */
  readonly cloned: boolean;
  readonly algorithms: readonly Checksum['algorithm'][];
}

async function transfer(request: ReceiveRequest, opened: OpenSource, target: Target): Promise<Received> {
  const { file, cloned } = target;
  const hashes = hashesFor(target.algorithms);
  const arriving = countedChunks(request, opened, cloned ? fileChunks(file) : opened.chunks, hashes);
  const { compression, chunks } = request.decompress
    ? await peekCompression(arriving)
    : { compression: undefined, chunks: arriving };
  const streamed = compression === 'xz' ? undefined : compression;
  const unpackedHash = streamed && createHash('sha256');
  const writer = cloned ? undefined : sparseWriter(file);
  let bytes = 0n;
  try {
    for await (const chunk of streamed ? decompressed(chunks, streamed) : chunks) {
      bytes += BigInt(chunk.length);
      checkSize(request, bytes);
      unpackedHash?.update(chunk);
      await writer?.write(chunk);
    }
  } catch (error) {
    throw isDecompressionError(error) ? notUnpacked(request.source, compression, error) : error;
  }
  await writer?.end();
  const sourceHashes = Object.fromEntries([...hashes].map(([name, hash]) => [name, hash.digest('hex')]));
  const { sha256 = '' } = sourceHashes;
  return {
    bytes,
    sha256: unpackedHash?.digest('hex') ?? sha256,
    sourceHashes: { ...sourceHashes, sha256 },
    ...(compression === 'xz' ? { compression } : {}),
  };
}

function hashesFor(algorithms: readonly Checksum['algorithm'][]): ReadonlyMap<Checksum['algorithm'], Hash> {
  return new Map(['sha256' as const, ...algorithms].map((algorithm) => [algorithm, createHash(algorithm)]));
}

/** What arrives, hashed and counted. */
async function* countedChunks(
  request: ReceiveRequest,
  opened: OpenSource,
  chunks: AsyncIterable<Uint8Array>,
  hashes: ReadonlyMap<string, Hash>,
): AsyncGenerator<Uint8Array> {
  const tell = progressTeller(request, opened.totalBytes);
  let bytes = 0n;
  for await (const chunk of chunks) {
    request.signal?.throwIfAborted();
    bytes += BigInt(chunk.length);
    checkSize(request, bytes);
    for (const hash of hashes.values()) hash.update(chunk);
    yield chunk;
    tell(bytes);
  }
  tell(bytes, true);
}

function progressTeller({ onProgress, clock }: ReceiveRequest, total: bigint | undefined) {
  let told = Number.NEGATIVE_INFINITY;
  return (bytes: bigint, last = false) => {
    const now = clock.monotonicMs();
    if (!onProgress || (!last && now - told < PROGRESS_EVERY_MS)) return;
    told = now;
    onProgress({ type: 'download', bytes, ...(total === undefined ? {} : { total }) });
  };
}

function checkSize({ source, maxBytes }: ReceiveRequest, bytes: bigint): void {
  if (bytes <= maxBytes) return;
  throw new ImageBackendError(
    'TOO_LARGE',
    `The image "${source.name}" has ${bytes} bytes or more, where ${maxBytes} are allowed. Give a smaller image, or raise maxBytes.`,
    { name: source.name, bytes: `${bytes}`, maxBytes: `${maxBytes}` },
  );
}

async function checkSpace(path: string, { storedBytes }: OpenSource): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path), { bigint: true });
  const available = bavail * bsize;
  if (storedBytes === undefined || storedBytes <= available) return;
  throw noSpace(`store an image of ${storedBytes} bytes in "${dirname(path)}", which has ${available} left`, {
    path,
    neededBytes: `${storedBytes}`,
    availableBytes: `${available}`,
  });
}

function compare({ name }: Fetchable, { algorithm, hex }: Checksum, hashes: SourceHashes): void {
  const actual = hashes[algorithm];
  if (actual === hex) return;
  throw new ImageBackendError(
    'CHECKSUM_MISMATCH',
    `The image "${name}" has the ${algorithm} ${actual}, where ${hex} is expected. Check the checksum and where the image comes from.`,
    { name, algorithm, expected: hex, actual },
  );
}

function notUnpacked({ name }: Fetchable, compression: Compression | undefined, cause: Error): ImageBackendError {
  return new ImageBackendError(
    'NOT_AN_IMAGE',
    `The image "${name}" is packed with ${compression} and cannot be unpacked: ${cause.message}. Give a complete file.`,
    { name, compression },
    { cause },
  );
}

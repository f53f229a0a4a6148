import { createHash } from 'node:crypto';
import { chmod, type FileHandle, open, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '@spawnkit/effects';
import type { Checksum } from '../checksum.ts';
import { ImageBackendError } from '../errors.ts';
import { noSpace } from '../failure.ts';
import type { OnImageProgress } from '../progress.ts';
import type { Fetchable, OpenSource } from './fetchable.ts';
import { fileChunks } from './file-source.ts';
import { sparseWriter } from './sparse-writer.ts';

export interface ReceiveRequest {
  readonly source: Fetchable;
  /** Created; must not exist. Mode 0600. */
  readonly path: string;
  readonly maxBytes: bigint;
  readonly clock: Clock;
  readonly onProgress?: OnImageProgress | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What came. */
export interface Received {
  readonly bytes: bigint;
  readonly sha256: string;
  /** When the source's checksum asks for it. */
  readonly sha512?: string;
}

const PROGRESS_EVERY_MS = 100;

/**
 * Brings the bytes of a source into a file and hashes them on the way. Throws `ImageBackendError` `SOURCE_UNREADABLE`,
 * `TOO_LARGE`, `NO_SPACE`, `CHECKSUM_MISMATCH`, errors of the file system, the signal's reason; the file may be left
 * then.
 */
export async function receive(request: ReceiveRequest): Promise<Received> {
  const { source, path, signal } = request;
  await using opened = await source.open(signal);
  if (opened.totalBytes !== undefined) checkSize(request, opened.totalBytes);
  const cloned = (await opened.clone?.(path)) ?? false;
  if (cloned) await chmod(path, 0o600);
  else await checkSpace(path, opened);
  await using file = await open(path, cloned ? 'r' : 'wx', 0o600);
  const received = await transfer(request, opened, file, cloned);
  await opened.checkUnchanged?.();
  if (source.checksum) compare(source, source.checksum, received);
  return received;
}

/** A clone has its bytes already and is only read. */
async function transfer(
  request: ReceiveRequest,
  opened: OpenSource,
  file: FileHandle,
  cloned: boolean,
): Promise<Received> {
  const { source, signal } = request;
  const hashes = [createHash('sha256'), ...(source.checksum?.algorithm === 'sha512' ? [createHash('sha512')] : [])];
  const writer = cloned ? undefined : sparseWriter(file);
  const tell = progressTeller(request, opened.totalBytes);
  let bytes = 0n;
  for await (const chunk of cloned ? fileChunks(file) : opened.chunks) {
    signal?.throwIfAborted();
    bytes += BigInt(chunk.length);
    checkSize(request, bytes);
    for (const hash of hashes) hash.update(chunk);
    await writer?.write(chunk);
    tell(bytes);
  }
  await writer?.end();
  tell(bytes, true);
  const [sha256 = '', sha512] = hashes.map((hash) => hash.digest('hex'));
  return { bytes, sha256, ...(sha512 === undefined ? {} : { sha512 }) };
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

function compare({ name }: Fetchable, { algorithm, hex }: Checksum, received: Received): void {
  const actual = received[algorithm];
  if (actual === hex) return;
  throw new ImageBackendError(
    'CHECKSUM_MISMATCH',
    `The image "${name}" has the ${algorithm} ${actual}, where ${hex} is expected. Check the checksum and where the image comes from.`,
    { name, algorithm, expected: hex, actual },
  );
}

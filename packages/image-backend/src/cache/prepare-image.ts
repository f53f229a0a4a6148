import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { GiB } from '../byte-units.ts';
import { ImageBackendError } from '../errors.ts';
import { fileChunks } from '../fetch/file-source.ts';
import type { Received } from '../fetch/receive.ts';
import { sync } from '../files.ts';
import { checkImage } from '../inspection/check-image.ts';
import type { ImageInspection } from '../inspection/image-inspection.ts';
import { inspectImage } from '../inspection/inspect-image.ts';
import type { CacheContext } from './cache-context.ts';
import { expectations } from './find-base.ts';
import type { WantedImage } from './wanted-image.ts';

/** A fetched file that may be published. */
export interface PreparedImage {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  readonly virtualSize: bigint;
  readonly sha256: string;
  readonly received: Received;
  readonly inspection?: ImageInspection;
}

const CONVERT_ADDRESS_SPACE_BYTES = 2n * GiB;

/**
 * Inspects what came before any tool opens it, and converts it where that is wanted. Throws what {@link checkImage}
 * throws.
 */
export async function prepareImage(
  cache: CacheContext,
  wanted: WantedImage,
  received: Received,
): Promise<PreparedImage> {
  const path = `${wanted.path}.part`;
  const { bytes, sha256 } = received;
  const { kind, signal, declaredFormat = received.declaredFormat } = wanted.request;
  if (bytes === 0n) throw empty(wanted);
  if (kind !== 'disk') return { path, format: 'raw', virtualSize: bytes, sha256, received };
  const inspection = await inspectImage(path, { signal });
  const format = checkImage(inspection, expectations(cache, declaredFormat, wanted.source.name));
  const prepared = { path, format, virtualSize: inspection.virtualSize, sha256, received, inspection };
  return format === 'qcow2' && cache.forceRawImages ? convert(cache, wanted, prepared) : prepared;
}

/** The SHA-256 of a file. Throws errors of the file system, or the signal's reason. */
export async function hashFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  await using handle = await open(path, 'r');
  for await (const chunk of fileChunks(handle)) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest('hex');
}

async function convert(
  cache: CacheContext,
  { path, request }: WantedImage,
  qcow2: PreparedImage,
): Promise<PreparedImage> {
  const { signal } = request;
  const converted = `${path}.converted`;
  await cache.exec('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', qcow2.path, converted], {
    signal,
    timeoutMs: cache.limits.convertTimeoutMs,
    limits: { addressSpaceBytes: CONVERT_ADDRESS_SPACE_BYTES },
  });
  // Before anything is published: whoever finds the base finds nothing beside it. And before it would reach the disk.
  await rm(qcow2.path);
  // At once: one takes the processor, the other waits for the disk.
  const [sha256] = await Promise.all([hashFile(converted, signal), sync(converted)]);
  return { ...qcow2, path: converted, format: 'raw', sha256 };
}

function empty({ source, request }: WantedImage): ImageBackendError {
  return new ImageBackendError(
    'NOT_AN_IMAGE',
    `"${source.name}" is empty. Give a complete ${request.kind === 'disk' ? 'disk image' : request.kind}.`,
    { name: source.name },
  );
}

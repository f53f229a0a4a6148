import { rename } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Clock } from '@spawnkit/effects';
import { ImageBackendError } from '../errors.ts';
import { absent, identityOf } from '../files.ts';
import type { BaseImage } from '../image-cache.ts';
import { checkImage } from '../inspection/check-image.ts';
import { type ImageRecord, readRecord, recordPath, touchRecord } from './base-record.ts';
import type { CacheContext } from './cache-context.ts';
import { lockBase } from './cache-paths.ts';
import type { WantedImage } from './wanted-image.ts';

/**
 * The base of a request if it is in the cache and fits it. Takes no lock: the record is marked as used before it is
 * read, and pruning looks at that mark after it has taken the record away. Throws what {@link checkImage} throws.
 */
export async function findImage(cache: CacheContext, wanted: WantedImage): Promise<BaseImage | undefined> {
  if (!(await touchRecord(wanted.path, cache.clock.now()))) return undefined;
  return peekImage(cache, wanted);
}

/** The same without the mark: what is found may be pruned before anybody uses it. */
export async function peekImage(cache: CacheContext, wanted: WantedImage): Promise<BaseImage | undefined> {
  const record = await readRecord(wanted.path);
  if (record?.role !== 'image' || !fits(record, wanted)) return undefined;
  const { request, source } = wanted;
  if (request.kind === 'disk' && record.inspection) {
    checkImage(record.inspection, expectations(cache, request.declaredFormat, source.name));
  }
  return baseImage(wanted.path, record, true);
}

/** What {@link checkImage} holds an image of this cache to. */
export function expectations({ limits }: CacheContext, declaredFormat: string | undefined, name: string) {
  return { name, declaredFormat, maxVirtualBytes: limits.maxVirtualBytes };
}

export function baseImage(path: string, record: ImageRecord, fromCache: boolean): BaseImage {
  const { format, virtualSize, identity, sha256, inspection } = record;
  const name = basename(path);
  const fileBytes = identity.size;
  return { name, path, format, virtualSize, fileBytes, sha256, ...(inspection && { inspection }), fromCache };
}

/** A base that a disk is to be made from. */
export interface UsedBase {
  readonly name: string;
  readonly path: string;
  /** Of a fetched image; missing for one that was made here. */
  readonly sha256?: string | undefined;
}

/**
 * Makes something from a base that is marked as used, and is before and after what it was when the caller got it.
 * Throws `ImageBackendError` `BASE_CHANGED`, what `make` throws, an `EffectsError` of the lock, or the signal's reason.
 */
export async function withBase(
  base: UsedBase,
  cache: Pick<CacheContext, 'instancesPath' | 'clock'>,
  signal: AbortSignal | undefined,
  make: () => Promise<void>,
): Promise<void> {
  await checkIntact(base, cache, signal);
  try {
    await make();
  } catch (error) {
    signal?.throwIfAborted();
    // A base that is gone explains what failed better than the tool that missed it.
    await checkIntact(base, cache, signal);
    throw error;
  }
  await checkIntact(base, cache, signal);
}

/** Whether a base is there and still what was recorded. Marks it as used. */
export async function isIntact({ path, sha256 }: Omit<UsedBase, 'name'>, clock: Clock): Promise<boolean> {
  if (!(await touchRecord(path, clock.now()))) return false;
  const record = await readRecord(path);
  return record !== undefined && (record.role === 'image' ? record.sha256 : undefined) === sha256;
}

async function checkIntact(
  base: UsedBase,
  cache: Pick<CacheContext, 'instancesPath' | 'clock'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await isIntact(base, cache.clock)) return;
  // Pruning takes a record away for a moment before it decides; whoever gets its lock sees what it decided.
  await using _lock = await lockBase(cache.instancesPath, base.name, { signal });
  await restoreRecord(base.path);
  if (await isIntact(base, cache.clock)) return;
  const gone = (await identityOf(base.path)) === undefined;
  throw new ImageBackendError(
    'BASE_CHANGED',
    `The base image "${base.path}" ${gone ? 'is no longer in the cache' : 'was changed after it was fetched'}. Pull the image again.`,
    { path: base.path, gone },
  );
}

/** Under its lock: brings back the record that a killed pruning had taken away. */
export async function restoreRecord(path: string): Promise<void> {
  const record = recordPath(path);
  if ((await identityOf(record)) === undefined) await rename(`${record}.old`, record).catch(absent);
}

function fits(record: ImageRecord, { request, source }: WantedImage): boolean {
  const { checksum } = source;
  const known = { sha256: record.sourceSha256, sha512: record.sourceSha512, md5: record.sourceMd5 };
  if (checksum && known[checksum.algorithm] !== checksum.hex) return false;
  // A kernel is not inspected, and a disk may have been converted.
  return request.kind === 'disk' ? record.inspection !== undefined : record.sha256 === record.sourceSha256;
}

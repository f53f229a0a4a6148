import { mkdir } from 'node:fs/promises';
import { failure } from '../failure.ts';
import { receive } from '../fetch/receive.ts';
import type { FileIdentity } from '../files.ts';
import type { BaseImage, PullRequest } from '../image-cache.ts';
import type { ImageRecord } from './base-record.ts';
import type { CacheContext } from './cache-context.ts';
import { removeLeftovers } from './cache-paths.ts';
import { baseImage, findImage, restoreRecord } from './find-base.ts';
import { lockUnlessPublished } from './lock-unless-published.ts';
import { type PreparedImage, prepareImage } from './prepare-image.ts';
import { publishBase } from './publish-base.ts';
import { unpackXz } from './unpack-xz.ts';
import { type WantedImage, wantedImage } from './wanted-image.ts';

/** `ImageCache.pull`. */
export async function pullImage(cache: CacheContext, request: PullRequest): Promise<BaseImage> {
  const { signal } = request;
  signal?.throwIfAborted();
  const wanted = await wantedImage(cache, request);
  try {
    return (await findImage(cache, wanted)) ?? (await fetchImage(cache, wanted));
  } catch (cause) {
    throw failure(`fetch the image "${wanted.source.name}" into "${cache.directory}"`, cause, signal);
  }
}

/** Whoever waited for the lock while the same image was fetched finds it in the cache. */
async function fetchImage(cache: CacheContext, wanted: WantedImage): Promise<BaseImage> {
  const { source, request, name, path } = wanted;
  await mkdir(cache.directory, { recursive: true });
  const got = await lockUnlessPublished(cache, wanted);
  if ('image' in got) return got.image;
  await using _lock = got.lock;
  await restoreRecord(path);
  const found = await findImage(cache, wanted);
  if (found) return found;
  await removeLeftovers(path);
  try {
    const part = `${path}.part`;
    const { maxBytes = cache.limits.maxBytes, onProgress, signal } = request;
    // A kernel or ramdisk is meant to be packed.
    const decompress = request.kind === 'disk';
    const came = await receive({ source, path: part, maxBytes, decompress, clock: cache.clock, onProgress, signal });
    const received = came.compression === undefined ? came : await unpackXz(cache, wanted, part, came);
    const prepared = await prepareImage(cache, wanted, received);
    signal?.throwIfAborted();
    const { path: from, sha256 } = prepared;
    const newBase = {
      from,
      name,
      path,
      sha256,
      record: (identity: FileIdentity) => imageRecord(wanted, prepared, identity),
    };
    const record = await publishBase(cache, newBase, signal);
    cache.log.info('image fetched', { name, source: source.name, bytes: `${received.bytes}`, sha256 });
    return baseImage(path, record, false);
  } finally {
    // What cannot be removed now is left to the next pull or prune; the first error counts.
    await removeLeftovers(path).catch(() => {});
  }
}

function imageRecord({ imageId }: WantedImage, prepared: PreparedImage, identity: FileIdentity): ImageRecord {
  const { format, virtualSize, sha256, received, inspection } = prepared;
  return {
    role: 'image',
    identity,
    imageId,
    format,
    virtualSize,
    sha256,
    sourceSha256: received.sourceHashes.sha256,
    ...optional('sourceSha512', received.sourceHashes.sha512),
    ...optional('sourceMd5', received.sourceHashes.md5),
    ...(inspection && { inspection }),
  };
}

function optional<Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, string>);
}

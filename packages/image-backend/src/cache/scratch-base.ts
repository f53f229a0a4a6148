import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScratchRecord } from './base-record.ts';
import type { CacheContext } from './cache-context.ts';
import { cacheDirectory, lockBase, removeLeftovers } from './cache-paths.ts';
import { isIntact, restoreRecord, type UsedBase } from './find-base.ts';
import { publishBase } from './publish-base.ts';

export interface ScratchRequest {
  /** In the cache: `swap_64`, `ephemeral_1_0706d66`. */
  readonly name: string;
  readonly role: ScratchRecord['role'];
  readonly sizeBytes: bigint;
  /** Makes the file; what it leaves when it throws is removed. */
  readonly fill: (path: string) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/**
 * The base of disks that begin empty, made once and shared. It appears only when it is complete, so that a failed mkfs
 * is not taken for one that succeeded. Throws what `fill` throws, `ImageBackendError` `BASE_IN_USE`, an `EffectsError`
 * of the lock, or the signal's reason.
 */
export async function scratchBase(
  cache: Pick<CacheContext, 'instancesPath' | 'clock'>,
  request: ScratchRequest,
): Promise<UsedBase> {
  const { name, role, sizeBytes, fill, signal } = request;
  const directory = cacheDirectory(cache.instancesPath);
  const path = join(directory, name);
  if (await isIntact({ path }, cache.clock)) return { name, path };
  await mkdir(directory, { recursive: true });
  await using _lock = await lockBase(cache.instancesPath, name, { signal });
  await restoreRecord(path);
  if (await isIntact({ path }, cache.clock)) return { name, path };
  await removeLeftovers(path);
  try {
    const from = `${path}.part`;
    await fill(from);
    const record = (identity: ScratchRecord['identity']) => ({ role, identity, virtualSize: sizeBytes });
    await publishBase(cache, { from, name, path, record }, signal);
  } finally {
    // What cannot be removed now is left to prune; the first error counts.
    await removeLeftovers(path).catch(() => {});
  }
  return { name, path };
}

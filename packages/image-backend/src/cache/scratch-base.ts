import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readRecord, type ScratchRecord } from './base-record.ts';
import type { CacheContext } from './cache-context.ts';
import { cacheDirectory, lockBase, removeLeftovers } from './cache-paths.ts';
import { isIntact, restoreRecord, type UsedBase } from './find-base.ts';
import { publishBase } from './publish-base.ts';

export interface ScratchRequest {
  /**
   * In the cache, the wanted one first: `swap_64`, `ephemeral_1_0706d66`. Another one is taken where the file of that
   * name has other content.
   */
  readonly names: readonly string[];
  readonly role: ScratchRecord['role'];
  /** What tells its content from that of others. */
  readonly content: string;
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
  const directory = cacheDirectory(cache.instancesPath);
  await mkdir(directory, { recursive: true });
  for (const [index, name] of request.names.entries()) {
    const base = { name, path: join(directory, name) };
    const isLast = index === request.names.length - 1;
    if (!isLast && (await hasOtherContent(base.path, request))) continue;
    if (await isWanted(base.path, request, cache.clock)) return base;
    await using _lock = await lockBase(cache.instancesPath, name, { signal: request.signal });
    await restoreRecord(base.path);
    if (await isWanted(base.path, request, cache.clock)) return base;
    if (!isLast && (await hasOtherContent(base.path, request))) continue;
    await makeBase(cache, base, request);
    return base;
  }
  throw new Error('a base has at least one name');
}

/** A base without a record is nobody's; what was made here before contents were told apart counts as another one. */
async function hasOtherContent(path: string, { role, content }: ScratchRequest): Promise<boolean> {
  const record = await readRecord(path);
  return record !== undefined && !(record.role === role && record.content === content);
}

async function isWanted(path: string, request: ScratchRequest, clock: CacheContext['clock']): Promise<boolean> {
  return (await isIntact({ path }, clock)) && !(await hasOtherContent(path, request));
}

async function makeBase(
  cache: Pick<CacheContext, 'instancesPath' | 'clock'>,
  { name, path }: UsedBase,
  { role, content, sizeBytes, fill, signal }: ScratchRequest,
): Promise<void> {
  await removeLeftovers(path);
  try {
    const from = `${path}.part`;
    await fill(from);
    const record = (identity: ScratchRecord['identity']) => ({ role, content, identity, virtualSize: sizeBytes });
    await publishBase(cache, { from, name, path, record }, signal);
  } finally {
    // What cannot be removed now is left to prune; the first error counts.
    await removeLeftovers(path).catch(() => {});
  }
}

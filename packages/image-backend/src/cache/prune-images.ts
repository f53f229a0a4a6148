import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EffectsError, type Lock } from '@spawnkit/effects';
import { failure } from '../failure.ts';
import { absent, sync } from '../files.ts';
import type { CachedImage, PruneReport, PruneRequest } from '../image-cache.ts';
import { backingFiles, disksUsing } from './backing-files.ts';
import { recordPath, touchRecord } from './base-record.ts';
import type { CacheContext } from './cache-context.ts';
import { baseName, lockBase } from './cache-paths.ts';
import { restoreRecord } from './find-base.ts';
import { leftoverOf, listImages } from './list-images.ts';

const DAY_MS = 24 * 3_600_000;

/** `ImageCache.prune`. */
export async function pruneImages(cache: CacheContext, request: PruneRequest = {}): Promise<PruneReport> {
  const { minAgeMs = DAY_MS, keep = [], keepBases = [], dryRun = false, signal } = request;
  const kept = new Set([...keep.map(baseName), ...keepBases]);
  const oldest = cache.clock.now() - minAgeMs;
  const removed: CachedImage[] = [];
  try {
    for (const file of await listImages({ ...cache, signal })) {
      signal?.throwIfAborted();
      // Whoever keeps it uses it.
      if (kept.has(file.name) && file.role !== 'unknown' && !dryRun) await touchRecord(file.path, cache.clock.now());
      if (!isPrunable(file, kept, oldest)) continue;
      if (await removeFile(cache, file, { oldest, dryRun, signal })) removed.push(file);
    }
  } catch (cause) {
    throw failure(`prune the cache "${cache.directory}"`, cause, signal);
  }
  return { removed, freedBytes: removed.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0n) };
}

function isPrunable(
  { name, role, usedBy, lastUsedMs }: CachedImage,
  kept: ReadonlySet<string>,
  oldest: number,
): boolean {
  if (role === 'leftover') return true;
  return role !== 'unknown' && usedBy.length === 0 && !kept.has(name) && lastUsedMs <= oldest;
}

interface RemoveOptions {
  /** Milliseconds since the epoch: what was used later stays. */
  readonly oldest: number;
  readonly dryRun: boolean;
  readonly signal: AbortSignal | undefined;
}

/** False when somebody works on it, or it was used meanwhile. */
async function removeFile(cache: CacheContext, file: CachedImage, options: RemoveOptions): Promise<boolean> {
  const base = file.role === 'leftover' ? (leftoverOf(file.name) ?? file.name) : file.name;
  const lock = await lockNow(cache.instancesPath, base, options.signal);
  if (!lock) return false;
  try {
    if (options.dryRun) return true;
    await restoreRecord(join(cache.directory, base));
    const gone = file.role === 'leftover' ? removeLeftover(file, base) : removeBase(cache, file, options);
    if (await gone) cache.log.info('cached file removed', { name: file.name, role: file.role });
    return await gone;
  } finally {
    await lock.release();
  }
}

async function lockNow(
  instancesPath: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Lock | undefined> {
  try {
    return await lockBase(instancesPath, name, { wait: false, signal });
  } catch (error) {
    if (error instanceof EffectsError && error.code === 'LOCK_HELD') return undefined;
    throw error;
  }
}

/** With the lock free, nobody is making what this belongs to; it may have been completed since it was listed. */
async function removeLeftover({ name, path }: CachedImage, base: string): Promise<boolean> {
  const completed = name.endsWith('.json') && (await stat(join(dirname(path), base)).catch(absent));
  if (completed || !(await stat(path).catch(absent))) return false;
  await rm(path, { force: true });
  return true;
}

/**
 * Takes the record away first: from then on nobody finds the base without the lock. Whoever found it before has marked
 * the record, or has made a disk that shows; then the record comes back.
 */
async function removeBase(
  { instancesPath, directory }: CacheContext,
  { name, path }: CachedImage,
  { oldest, signal }: RemoveOptions,
): Promise<boolean> {
  const record = recordPath(path);
  const old = `${record}.old`;
  await rename(record, old);
  try {
    const { mtimeMs } = await stat(old);
    const users = disksUsing(name, await backingFiles(instancesPath, signal));
    if (users.length > 0 || Math.floor(mtimeMs) > oldest) return false;
    await rm(path, { force: true });
    await rm(old);
    await sync(directory);
    return true;
  } finally {
    await restoreRecord(path);
  }
}

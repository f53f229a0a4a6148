import { type FSWatcher, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Lock } from '@spawnkit/effects';
import type { BaseImage } from '../image-cache.ts';
import type { CacheContext } from './cache-context.ts';
import { lockBase, lockFileOf, locksDirectory } from './cache-paths.ts';
import { findImage } from './find-base.ts';
import type { WantedImage } from './wanted-image.ts';

/**
 * The lock of a base; or its image, should who has the lock publish it before. Of many that wait, all are served at once
 * then, and do not have to take the lock one after the other. Throws an `EffectsError` of the lock, or the signal's reason.
 */
export async function lockUnlessPublished(
  cache: CacheContext,
  wanted: WantedImage,
): Promise<{ readonly lock: Lock } | { readonly image: BaseImage }> {
  const { instancesPath } = cache;
  const { signal } = wanted.request;
  const published = new AbortController();
  let image: BaseImage | undefined;
  const look = async () => {
    image ??= await findImage(cache, wanted);
    if (image) published.abort();
  };
  await mkdir(locksDirectory(instancesPath), { recursive: true });
  // What is wrong with an image is told to whoever gets the lock.
  const watcher = watchRelease(instancesPath, wanted.name, () => void look().catch(() => {}));
  try {
    const either = signal ? AbortSignal.any([signal, published.signal]) : published.signal;
    return { lock: await lockBase(instancesPath, wanted.name, { signal: either }) };
  } catch (error) {
    if (image && !signal?.aborted) return { image };
    throw error;
  } finally {
    watcher?.close();
  }
}

/** A lock's file is removed when it is released. Where that cannot be watched, or its holder dies, the lock itself is there. */
function watchRelease(instancesPath: string, name: string, onRelease: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(locksDirectory(instancesPath), { persistent: false }, (_, file) => {
      if (file === lockFileOf(name)) onRelease();
    });
    return watcher.on('error', () => {});
  } catch {
    return undefined;
  }
}

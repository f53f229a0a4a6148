import { type Clock, type Exec, type Logger, silentLogger, systemClock } from '@spawnkit/effects';
import { type CacheContext, type CacheLimits, defaultCacheLimits } from './cache/cache-context.ts';
import { cacheDirectory, checkInstancesPath } from './cache/cache-paths.ts';
import { listImages } from './cache/list-images.ts';
import { peekImage } from './cache/find-base.ts';
import { pruneImages } from './cache/prune-images.ts';
import { pullImage } from './cache/pull-image.ts';
import { verifyImage } from './cache/verify-image.ts';
import { wantedImage } from './cache/wanted-image.ts';
import type { ImageCache } from './image-cache.ts';

export interface ImageCacheOptions {
  /** Absolute; its `_base` is the cache, its `locks` has the cache's locks. QEMU's user must be able to search it. */
  readonly instancesPath: string;
  readonly exec: Exec;
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly limits?: Partial<CacheLimits>;
  /**
   * Converts qcow2 images to raw while they are fetched (Nova's force_raw_images, which is on there). Default false: an
   * inspected qcow2 image backs disks as it is.
   */
  readonly forceRawImages?: boolean;
}

/** The image cache of an instances path. Opens nothing yet. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function openImageCache(options: ImageCacheOptions): ImageCache {
  const { instancesPath, exec, log = silentLogger, clock = systemClock, limits, forceRawImages = false } = options;
  const directory = cacheDirectory(checkInstancesPath(instancesPath));
  const allLimits = { ...defaultCacheLimits, ...limits };
  const cache: CacheContext = { instancesPath, directory, exec, log, clock, limits: allLimits, forceRawImages };
  return {
    directory,
    pull: (request) => pullImage(cache, request),
    peek: async (request) => peekImage(cache, await wantedImage(cache, request)),
    verify: (name, { signal } = {}) => verifyImage(directory, name, signal),
    list: ({ signal } = {}) => listImages({ instancesPath, directory, signal }),
    prune: (request) => pruneImages(cache, request),
  };
}

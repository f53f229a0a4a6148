import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import type { ImageCache, PullRequest } from '../src/image-cache.ts';
import { type ImageCacheOptions, openImageCache } from '../src/open-image-cache.ts';
import { diskBytes } from '../src/testing/images.ts';

/** A directory with images and a cache, for one test. */
export interface TempCache {
  readonly instancesPath: string;
  /** A path in the directory. */
  at(name: string): string;
  cache(options?: Partial<ImageCacheOptions>): ImageCache;
  /** Writes a file; a disk with a partition table unless told otherwise. */
  image(name: string, bytes?: Buffer): Promise<Buffer>;
  /** A request for such a file. */
  disk(name: string, more?: Partial<PullRequest>): PullRequest;
  /** Names of everything in the cache and among its locks. */
  cached(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export async function tempCache(): Promise<TempCache> {
  const directory = await mkdtemp(join(tmpdir(), 'cache-'));
  await chmod(directory, 0o755);
  const at = (name: string) => join(directory, name);
  const instancesPath = at('instances');
  await mkdir(instancesPath);
  const names = (name: string) => readdir(join(instancesPath, name)).catch(() => []);
  return {
    instancesPath,
    at,
    cache: (options = {}) => openImageCache({ instancesPath, exec: hostExec(), ...options }),
    async image(name, bytes = diskBytes()) {
      await writeFile(at(name), bytes);
      return bytes;
    },
    disk: (name, more = {}) => ({ source: { type: 'file', path: at(name) }, kind: 'disk', ...more }),
    cached: async () => [...(await names('_base')), ...(await names('locks'))].toSorted(),
    remove: () => rm(directory, { recursive: true }),
  };
}

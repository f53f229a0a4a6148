import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { acquireLock, type Lock } from '@spawnkit/effects';
import { ImageBackendError } from '../errors.ts';

/** The cache of an instances path: Nova's `image_cache.subdirectory_name`. */
export function cacheDirectory(instancesPath: string): string {
  return join(instancesPath, '_base');
}

/** The file name of an image, as Nova forms it. */
export function baseName(imageId: string): string {
  return createHash('sha1').update(imageId).digest('hex');
}

/** Files that belong to one base and exist only while it is made or removed. */
export const leftoverSuffixes = ['.part', '.part.xz', '.exported', '.converted', '.json.new', '.json.old'] as const;

/** Under the lock of the base at this path: removes what a killed or failed making left. */
export async function removeLeftovers(path: string): Promise<void> {
  for (const suffix of leftoverSuffixes) await rm(`${path}${suffix}`, { force: true });
}

export function locksDirectory(instancesPath: string): string {
  return join(instancesPath, 'locks');
}

/** Of the lock of a base, as Nova's. */
export function lockFileOf(name: string): string {
  return `nova-${name}.lock`;
}

/**
 * Holds a base against pulls and pruning of all processes that share the cache: `{instances}/locks/nova-<name>`, as
 * Nova's. Throws an `EffectsError` of the lock, or the signal's reason.
 */
export function lockBase(
  instancesPath: string,
  name: string,
  options: { readonly wait?: boolean; readonly signal?: AbortSignal | undefined },
): Promise<Lock> {
  return acquireLock({
    directory: locksDirectory(instancesPath),
    name: `nova-${name}`,
    trustDirectory: true,
    ...options,
  });
}

/** A name that a caller gives for a file of the cache. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function checkBaseName(name: string): string {
  if (/^[a-z0-9][a-z0-9_]{0,127}$/.test(name)) return name;
  throw new ImageBackendError(
    'INVALID_REQUEST',
    `${JSON.stringify(name)} is not the name of a base image; give the name that pull or list returned`,
    { name },
  );
}

/** Throws `ImageBackendError` `INVALID_REQUEST`. */
export function checkInstancesPath(path: string): string {
  if (isAbsolute(path)) return path;
  throw new ImageBackendError('INVALID_REQUEST', `The instances path "${path}" must be absolute`, { path });
}

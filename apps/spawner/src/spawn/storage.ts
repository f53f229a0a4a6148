import { dirname } from 'node:path';
import type { Exec } from '@spawnkit/effects';
import { type ImageBackend, type ImageCache, openImageCache, qcow2Backend, rawBackend } from '@spawnkit/image-backend';
import type { Host } from '../host.ts';
import type { Settings } from '../settings.ts';

/** Where images are cached and disks are made. */
export interface Storage {
  readonly cache: ImageCache;
  /** Disks of instances, as the settings want them. */
  readonly disks: ImageBackend;
  /** Plain copies, for kernels and ramdisks. */
  readonly files: ImageBackend;
}

/** Where and how the disks of an instance were made, which is not always what the settings of today say. */
export interface StoragePlace {
  readonly instancePath: string;
  readonly imagesType?: Settings['imagesType'] | undefined;
}

/**
 * The storage of the host below its instances path, or below the one that an instance was made in; `exec` runs its
 * commands. Touches nothing yet.
 */
export function openStorage({ paths, settings, log }: Host, exec: Exec, place?: StoragePlace): Storage {
  const instancesPath = place ? dirname(place.instancePath) : paths.instances;
  const imagesType = place?.imagesType ?? settings.imagesType;
  const options = { instancesPath, exec, log };
  const files = rawBackend(options);
  return {
    cache: openImageCache(options),
    disks: imagesType === 'raw' ? files : qcow2Backend(options),
    files,
  };
}

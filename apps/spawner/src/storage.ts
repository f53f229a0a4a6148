import type { Exec } from '@spawnkit/effects';
import { type ImageBackend, type ImageCache, openImageCache, qcow2Backend, rawBackend } from '@spawnkit/image-backend';
import type { Host } from './host.ts';

/** Where images are cached and disks are made. */
export interface Storage {
  readonly cache: ImageCache;
  /** Disks of instances, as the settings want them. */
  readonly disks: ImageBackend;
  /** Plain copies, for kernels and ramdisks. */
  readonly files: ImageBackend;
}

/** The storage of the host below its instances path; `exec` runs its commands. Touches nothing yet. */
export function openStorage({ paths, settings, log }: Host, exec: Exec): Storage {
  const options = { instancesPath: paths.instances, exec, log };
  const files = rawBackend(options);
  return {
    cache: openImageCache(options),
    disks: settings.imagesType === 'raw' ? files : qcow2Backend(options),
    files,
  };
}

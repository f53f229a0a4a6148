import { ImageBackendError } from '../errors.ts';

/** Why an image has to come through the image cache: the answer of backends whose disks are files here. */
export function filesCannotClone(path: string): ImageBackendError {
  return notClonable(path, 'its storage is the file system of this host');
}

/** `disk` is for people; `reason` completes "cannot be cloned: ". */
export function notClonable(disk: string, reason: string, cause?: unknown): ImageBackendError {
  return new ImageBackendError(
    'NOT_CLONABLE',
    `The disk "${disk}" cannot be cloned from its image: ${reason}. Let it come through the image cache.`,
    { disk, reason },
    { cause },
  );
}

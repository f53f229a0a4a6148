import { ImageBackendError } from '../errors.ts';
import type { DiskSnapshotRequest } from '../image-backend.ts';

/** Throws `ImageBackendError` `INVALID_REQUEST`. A name that begins with a digit could be taken for a number by qemu-img. */
export function checkSnapshotName(snapshot: string): string {
  if (/^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(snapshot)) return snapshot;
  throw new ImageBackendError(
    'INVALID_REQUEST',
    `The snapshot name ${JSON.stringify(snapshot)} must be 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter`,
    { snapshot },
  );
}

/** `disk` is for people: a path, or `pool/image`. */
export function snapshotExists(disk: string, { snapshot }: Pick<DiskSnapshotRequest, 'snapshot'>): ImageBackendError {
  return new ImageBackendError(
    'SNAPSHOT_EXISTS',
    `The disk "${disk}" has a snapshot "${snapshot}" already; it was left alone. Remove it first, or choose another name.`,
    { disk, snapshot },
  );
}

export function snapshotNotFound(disk: string, { snapshot }: Pick<DiskSnapshotRequest, 'snapshot'>): ImageBackendError {
  return new ImageBackendError(
    'SNAPSHOT_NOT_FOUND',
    `The disk "${disk}" has no snapshot "${snapshot}". Create it first.`,
    { disk, snapshot },
  );
}

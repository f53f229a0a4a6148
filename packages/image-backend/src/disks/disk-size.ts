import { stat } from 'node:fs/promises';
import { ImageBackendError } from '../errors.ts';
import type { BaseImage } from '../image-cache.ts';
import { absent } from '../files.ts';
import { checkSizeBytes } from './disk-path.ts';

/** What the guest will see of a new disk. Throws `ImageBackendError` `INVALID_REQUEST`, `DISK_TOO_SMALL`. */
export function newDiskBytes(path: string, { base, sizeBytes }: NewDiskSize): bigint {
  if (sizeBytes === null) {
    if (base) return base.virtualSize;
    throw new ImageBackendError(
      'INVALID_REQUEST',
      `The disk "${path}" has neither a size nor a base; give one of them`,
      {
        path,
      },
    );
  }
  checkSizeBytes(path, sizeBytes);
  if (!base || base.virtualSize <= sizeBytes) return sizeBytes;
  throw new ImageBackendError(
    'DISK_TOO_SMALL',
    `The disk "${path}" of ${sizeBytes} bytes is smaller than its image "${base.path}" of ${base.virtualSize} bytes. ` +
      'Choose a larger flavor, or a smaller image.',
    { path, sizeBytes: `${sizeBytes}`, imageBytes: `${base.virtualSize}` },
  );
}

export interface NewDiskSize {
  readonly base?: Pick<BaseImage, 'path' | 'virtualSize'>;
  readonly sizeBytes: bigint | null;
}

/** Whether a disk of this size has to grow. Throws `ImageBackendError` `INVALID_REQUEST`, `CANNOT_SHRINK`. */
export function mustGrow(path: string, currentBytes: bigint, sizeBytes: bigint): boolean {
  checkSizeBytes(path, sizeBytes);
  if (sizeBytes >= currentBytes) return sizeBytes > currentBytes;
  throw new ImageBackendError(
    'CANNOT_SHRINK',
    `The disk "${path}" of ${currentBytes} bytes cannot shrink to ${sizeBytes}: its end may be in use. Give at least its size.`,
    { path, currentBytes: `${currentBytes}`, sizeBytes: `${sizeBytes}` },
  );
}

/** Throws `ImageBackendError` `DISK_NOT_FOUND`. */
export async function diskFileBytes(path: string): Promise<bigint> {
  const found = await stat(path, { bigint: true }).catch(absent);
  if (found) return found.size;
  throw new ImageBackendError('DISK_NOT_FOUND', `There is no disk "${path}". Create it first.`, { path });
}

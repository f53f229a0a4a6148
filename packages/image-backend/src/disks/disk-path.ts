import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageBackendError } from '../errors.ts';
import { absent } from '../files.ts';
import type { DiskId } from '../image-backend.ts';

const MAX_DISK_BYTES = 1024n ** 5n;
const RESERVED: readonly string[] = ['_base', 'locks'];
const RESERVED_NAMES: readonly string[] = ['disk.info', 'disk.info.tmp'];

/**
 * `{instances}/<instanceId>/<name>`. Throws `ImageBackendError` `INVALID_REQUEST` for ids that are no single part of a
 * path.
 */
export function diskPath(instancesPath: string, disk: DiskId): string {
  const { instanceId, name } = checkDiskId(disk);
  return join(instancesPath, instanceId, name);
}

/** The same disk. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function checkDiskId(disk: DiskId): DiskId {
  const { instanceId, name } = disk;
  checkPart('The instance id', instanceId);
  checkPart('The name of a disk', name);
  if (RESERVED_NAMES.includes(name)) {
    throw new ImageBackendError('INVALID_REQUEST', `"${name}" is no name of a disk: formats of disks are noted there`, {
      name,
    });
  }
  if (!RESERVED.includes(instanceId)) return disk;
  throw new ImageBackendError('INVALID_REQUEST', `The instance id "${instanceId}" is a directory of the image cache`, {
    instanceId,
  });
}

/** Throws `ImageBackendError` `INSTANCE_PATH_MISSING`: making and removing it is the caller's act. */
export async function checkInstancePath(directory: string): Promise<void> {
  if ((await stat(directory).catch(absent))?.isDirectory()) return;
  throw new ImageBackendError(
    'INSTANCE_PATH_MISSING',
    `The instance path "${directory}" is not there. Make the directory before the instance's disks.`,
    { directory },
  );
}

/** A size that a disk can have. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function checkSizeBytes(path: string, sizeBytes: bigint): bigint {
  if (sizeBytes > 0n && sizeBytes <= MAX_DISK_BYTES && sizeBytes % 512n === 0n) return sizeBytes;
  throw new ImageBackendError(
    'INVALID_REQUEST',
    `The disk "${path}" cannot have ${sizeBytes} bytes: allowed are multiples of 512 from 512 to ${MAX_DISK_BYTES} (1 PiB)`,
    { path, sizeBytes: `${sizeBytes}` },
  );
}

/** A whole number of units (GiB, MiB) as bytes. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function unitsToBytes(path: string, count: number, unitBytes: bigint): bigint {
  if (Number.isSafeInteger(count)) return checkSizeBytes(path, BigInt(count) * unitBytes);
  throw new ImageBackendError(
    'INVALID_REQUEST',
    `The disk "${path}" cannot have a size of ${count} times ${unitBytes} bytes: give a whole number`,
    { path, count },
  );
}

function checkPart(what: string, part: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(part)) return;
  throw new ImageBackendError(
    'INVALID_REQUEST',
    `${what} ${JSON.stringify(part)} must be 1 to 128 letters, digits, dots, dashes or underscores, not beginning with a dot or dash`,
    { part },
  );
}

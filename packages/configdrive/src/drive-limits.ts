import type { DriveFile } from './drive-file.ts';
import { ConfigDriveError } from './errors.ts';

export type DriveFormat = 'iso9660' | 'vfat';

/** Bounds of one drive, checked before anything is written. */
export interface DriveLimits {
  /** Default 4096. */
  readonly files?: number;
  /** Bytes of all contents. Default: 256 MiB on iso9660; on vfat 63 MiB, counted in clusters of 2 KiB, which is what fits. */
  readonly bytes?: bigint;
}

const MiB = 1024n * 1024n;
/** Bytes of a vfat drive, as Nova makes it. */
export const vfatBytes = 64n * MiB;
const vfatCluster = 2048n;
/** The limits of a build that names none. */
export const defaultDriveLimits = { files: 4096, bytes: { iso9660: 256n * MiB, vfat: 63n * MiB } } as const;

/** Throws TOO_LARGE. */
export function checkDriveLimits(files: readonly DriveFile[], format: DriveFormat, limits: DriveLimits = {}): void {
  const allowedFiles = limits.files ?? defaultDriveLimits.files;
  if (files.length > allowedFiles) throw tooLarge(format, `${files.length} files`, `${allowedFiles} files`);
  const fits = defaultDriveLimits.bytes[format];
  const wanted = limits.bytes ?? fits;
  const allowed = format === 'vfat' && wanted > fits ? fits : wanted;
  const bytes = files.reduce((sum, file) => sum + occupied(BigInt(file.content.byteLength), format), 0n);
  if (bytes > allowed) throw tooLarge(format, `${bytes} bytes`, `${allowed} bytes`);
}

function occupied(bytes: bigint, format: DriveFormat): bigint {
  return format === 'vfat' ? ((bytes + vfatCluster - 1n) / vfatCluster) * vfatCluster : bytes;
}

function tooLarge(format: DriveFormat, actual: string, allowed: string): ConfigDriveError {
  return new ConfigDriveError(
    'TOO_LARGE',
    `Cannot build a config drive (${format}) of ${actual}: at most ${allowed} are allowed. Leave out files or fetch them from inside the guest.`,
    { format, actual, allowed },
  );
}

import { open } from 'node:fs/promises';
import type { DriveFile } from './drive-file.ts';
import type { DriveFormat } from './drive-limits.ts';
import { isFat, readFat } from './fat-reader.ts';
import { isIso, readIso } from './iso-reader.ts';
import { unreadable } from './image-view.ts';

/** A drive as found on disk. */
export interface DriveContents {
  readonly format: DriveFormat;
  readonly label: string;
  /** Of an ISO. */
  readonly publisher?: string;
  /** Sorted by path. */
  readonly files: readonly DriveFile[];
}

const maxBytes = 1024n * 1024n * 1024n;

/** The files of a drive, sorted by path; see {@link inspectConfigDrive}. */
export async function readConfigDrive(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly DriveFile[]> {
  return (await inspectConfigDrive(path, options)).files;
}

/**
 * Reads an ISO 9660 (Joliet names where present) or FAT image in-process: no mount, no tool. Every length and offset is
 * checked, so that an image made by somebody hostile ends in an error. Throws UNREADABLE_DRIVE; file system errors; the
 * signal's reason.
 */
export async function inspectConfigDrive(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DriveContents> {
  const image = await bytesOf(path, options.signal).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw error;
  });
  const contents = isIso(image) ? readIso(image) : isFat(image) ? readFat(image) : undefined;
  if (!contents) throw unreadable(`"${path}" is neither ISO 9660 nor FAT`);
  return { ...contents, files: contents.files.toSorted((one, other) => (one.path < other.path ? -1 : 1)) };
}

async function bytesOf(path: string, signal: AbortSignal | undefined): Promise<Buffer> {
  await using handle = await open(path, 'r');
  const { size } = await handle.stat({ bigint: true });
  if (size > maxBytes) throw unreadable(`"${path}" has ${size} bytes, at most ${maxBytes} are read`);
  // Awaited here: the handle is closed when this returns.
  return await handle.readFile({ signal });
}

import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { checkDrivePaths } from './drive-paths.ts';
import { type DriveContents, inspectConfigDrive } from './read-config-drive.ts';

/**
 * Writes the files of a drive below a directory that does not exist yet, or is empty: directories 0700, files 0600, all of
 * them or nothing. Answers what the drive holds. Throws UNREADABLE_DRIVE; INVALID_PATH for an image whose names would
 * leave the directory; file system errors; the signal's reason.
 */
export async function extractConfigDrive(
  path: string,
  directory: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DriveContents> {
  const contents = await inspectConfigDrive(path, options);
  checkDrivePaths(contents.files);
  const target = resolve(directory);
  const staging = await mkdtemp(join(dirname(target), `.${basename(target)}.`));
  try {
    for (const file of contents.files) {
      options.signal?.throwIfAborted();
      await mkdir(dirname(join(staging, file.path)), { recursive: true, mode: 0o700 });
      await writeFile(join(staging, file.path), file.content, { mode: 0o600, flag: 'wx' });
    }
    await rename(staging, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return contents;
}

import { constants, type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectsError } from './errors.ts';
import { checkFileName } from './file-name.ts';
import { type FlockOptions, isFileAt, lockFile } from './flock.ts';
import { makePrivateDirectory } from './private-directory.ts';

export interface LockOptions extends FlockOptions {
  /** Made with mode 0700 when missing; one that others can write is refused. */
  readonly directory: string;
  /** One part of a path: letters, digits, dots, dashes, underscores. */
  readonly name: string;
  /** Takes the directory as it is: for a cache that several users or hosts share. */
  readonly trustDirectory?: boolean;
}

/** A lock that is held until it is released, left by `await using`, or its holder dies. */
export interface Lock extends AsyncDisposable {
  readonly path: string;
  release(): Promise<void>;
}

/**
 * Takes a lock that all processes of the host respect, waiting for it unless `wait` is false. Throws `EffectsError`
 * `LOCK_HELD`, `LOCK_UNUSABLE`, `INVALID_NAME`, or the signal's reason.
 */
export async function acquireLock(options: LockOptions): Promise<Lock> {
  const { directory, name, trustDirectory = false, shared = false } = options;
  checkFileName('The name of a lock', name);
  options.signal?.throwIfAborted();
  if (trustDirectory) await mkdir(directory, { recursive: true });
  else await makePrivateDirectory(directory);
  const path = join(directory, `${name}.lock`);
  const file = await lockCurrent(path, options);
  let released: Promise<void> | undefined;
  const release = () => (released ??= end(file, path, shared));
  return { path, release, [Symbol.asyncDispose]: release };
}

async function lockCurrent(path: string, options: LockOptions): Promise<FileHandle> {
  for (;;) {
    const file = await openLock(path);
    try {
      await lockFile(file, path, options);
      if (await isFileAt(file, path)) return file;
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
  }
}

/** For writing if possible: NFS locks nothing exclusively that is only read. */
async function openLock(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o666);
  } catch (error) {
    return open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => {
      const message = `The lock file "${path}" cannot be opened: ${String(error)}`;
      throw new EffectsError('LOCK_UNUSABLE', message, { path }, { cause: error });
    });
  }
}

/**
 * Removes the file while it is held: whoever waits for the removed file notices and begins again. One that cannot be removed,
 * in a directory of others, is of no harm.
 */
async function end(file: FileHandle, path: string, shared: boolean): Promise<void> {
  if (!shared && (await isFileAt(file, path))) await rm(path, { force: true }).catch(() => {});
  await file.close();
}

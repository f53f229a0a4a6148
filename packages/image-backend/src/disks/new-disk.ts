import { randomBytes } from 'node:crypto';
import { chmod, link, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ImageBackendError } from '../errors.ts';
import { failure } from '../failure.ts';
import { absent, isErrno, sync } from '../files.ts';
import { forgetDiskFormat, noteDiskFormat } from './disk-info.ts';
import { checkInstancePath } from './disk-path.ts';

/**
 * Makes a disk in one step: `fill` works on a name of its own in the same directory; the result becomes mode 0600, is
 * synced and then gets the disk's name, unless something has it already. Throws `ImageBackendError` `DISK_EXISTS`,
 * `INSTANCE_PATH_MISSING`, what {@link failure} makes of an error, or the signal's reason; then nothing is left.
 */
export async function makeDisk(
  path: string,
  signal: AbortSignal | undefined,
  fill: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = draftPath(path);
  try {
    signal?.throwIfAborted();
    await checkNewDisk(path);
    await fill(draft);
    signal?.throwIfAborted();
    await chmod(draft, 0o600);
    await sync(draft);
    await publish(draft, path);
  } catch (cause) {
    // What cannot be removed now is left to `removeDisk`; the first error counts.
    await rm(draft, { force: true }).catch(() => {});
    throw failure(`make the disk "${path}"`, cause, signal);
  }
}

/** The same for a disk of an instance, whose format is noted where Nova's tools look for it. */
export async function makeDiskOf(format: 'raw' | 'qcow2', path: string, ...rest: FillArguments): Promise<void> {
  await makeDisk(path, ...rest);
  try {
    noteDiskFormat(path, format);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

type FillArguments = [signal: AbortSignal | undefined, fill: (draft: string) => Promise<void>];

/** A new name for a disk in the making. */
export function draftPath(path: string): string {
  return join(dirname(path), `${draftPrefix(path)}${randomBytes(6).toString('hex')}`);
}

/** Throws `ImageBackendError` `DISK_EXISTS`, `INSTANCE_PATH_MISSING`. */
export async function checkNewDisk(path: string): Promise<void> {
  await checkInstancePath(dirname(path));
  if (await diskExists(path)) throw exists(path);
}

/** Removes a disk, its snapshots, and the drafts of killed creations. Idempotent. */
export async function removeDisk(path: string): Promise<void> {
  const directory = dirname(path);
  try {
    const names = await readdir(directory).catch(absent);
    if (!names) return;
    const others = names.filter((name) => belongsTo(name, path));
    for (const name of [basename(path), ...others]) await rm(join(directory, name), { force: true });
    forgetDiskFormat(path);
    await sync(directory);
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return;
    throw failure(`remove the disk "${path}"`, cause);
  }
}

export async function diskExists(path: string): Promise<boolean> {
  try {
    return (await stat(path).catch(absent)) !== undefined;
  } catch (cause) {
    throw failure(`look for the disk "${path}"`, cause);
  }
}

/** Drafts and snapshots of a disk, and drafts of its snapshots. */
function belongsTo(name: string, path: string): boolean {
  const snapshots = basename(snapshotPrefix(path));
  const prefix = draftPrefix(path);
  if (name.startsWith(snapshots) || name.startsWith(`.${snapshots}`)) return true;
  return name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length));
}

/** What the names of a disk's snapshots begin with: no disk's name has a tilde. */
export function snapshotPrefix(path: string): string {
  return join(dirname(path), `.${basename(path)}~snapshot-`);
}

/** Nova has no such names, and no disk's name begins with a dot. */
function draftPrefix(path: string): string {
  return `.${basename(path)}.draft-`;
}

async function publish(draft: string, path: string): Promise<void> {
  // A link fails where a rename would replace.
  await link(draft, path).catch((error: unknown) => {
    throw isErrno(error, 'EEXIST') ? exists(path) : error;
  });
  try {
    await rm(draft);
    await sync(dirname(path));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function exists(path: string): ImageBackendError {
  return new ImageBackendError(
    'DISK_EXISTS',
    `There is a disk "${path}" already; it was left alone. Remove it first, or choose another name.`,
    { path },
  );
}

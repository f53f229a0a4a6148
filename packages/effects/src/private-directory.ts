import { lstat, mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EffectsError } from './errors.ts';

const GROUP_OR_OTHERS_WRITE = 0o022;

/**
 * Makes a directory that is ours alone (mode 0700), or sees that an existing one is safe: ours, and not writable by others.
 * Throws `EffectsError` `LOCK_UNUSABLE` for one that somebody else could fill.
 */
export async function makePrivateDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new EffectsError('LOCK_UNUSABLE', `"${path}" cannot be made: ${String(cause)}`, { path }, { cause });
  });
  if (first !== undefined) await syncParents(path, first);
  const found = await lstat(path);
  const problem = !found.isDirectory()
    ? 'is not a directory'
    : found.uid !== process.getuid?.()
      ? `belongs to user ${found.uid}`
      : found.mode & GROUP_OR_OTHERS_WRITE
        ? 'can be written by others'
        : undefined;
  if (problem) {
    const message = `"${path}" ${problem}; it must be a directory of this user with mode 0700`;
    throw new EffectsError('LOCK_UNUSABLE', message, { path });
  }
}

/** A new directory, and what will lie in it, survives a power failure only if its parent knows it. */
async function syncParents(path: string, first: string): Promise<void> {
  const top = dirname(resolve(first));
  for (let parent = dirname(resolve(path)); parent.length >= top.length; parent = dirname(parent)) {
    await syncDirectory(parent);
    if (parent === top) return;
  }
}

/** Makes creations and removals in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

import { readdir } from 'node:fs/promises';
import { EffectsError } from './errors.ts';
import { acquireLock } from './lock.ts';

const SUFFIX = '.lock';

/**
 * Removes the files of locks whose holders were killed: they lock nobody out, but they stay. One that is held is left alone.
 * Answers the names. Throws `EffectsError` `LOCK_UNUSABLE`, or the signal's reason.
 */
export async function removeStaleLocks(
  directory: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await lockNames(directory)) {
    try {
      const lock = await acquireLock({ directory, name, wait: false, signal });
      // Its release removes the file.
      await lock.release();
      removed.push(name);
    } catch (error) {
      if (!(error instanceof EffectsError && error.code === 'LOCK_HELD')) throw error;
    }
  }
  return removed;
}

async function lockNames(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.flatMap((name) => (name.endsWith(SUFFIX) ? [name.slice(0, -SUFFIX.length)] : []));
}

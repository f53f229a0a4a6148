import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory that goes when it is left. */
export interface ScratchDirectory extends AsyncDisposable {
  readonly path: string;
}

/**
 * A copy of a file in a directory of its own, or an empty one where the file is not there: for who may read and not
 * write.
 */
export async function scratchCopy(directory: string, name: string): Promise<ScratchDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'spawner-'));
  const names = await readdir(directory).catch((): string[] => []);
  if (names.includes(name)) await copyFile(join(directory, name), join(path, name));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

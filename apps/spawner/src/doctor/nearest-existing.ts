import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A path, or the nearest directory above it that exists. */
export async function nearestExisting(path: string): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return found || dirname(path) === path ? path : await nearestExisting(dirname(path));
}

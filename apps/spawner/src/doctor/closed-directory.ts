import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const OTHERS_PASS = 0o001;

/** The topmost directory on the way to a path, itself included, that not every user may pass; undefined when there is none. */
export async function firstClosedDirectory(path: string): Promise<string | undefined> {
  const parent = dirname(path);
  const above = parent === path ? undefined : await firstClosedDirectory(parent);
  if (above) return above;
  const found = await stat(path).catch(() => undefined);
  // What is missing will be made, and open.
  return found && !(found.mode & OTHERS_PASS) ? path : undefined;
}

import { rename, rm, stat } from 'node:fs/promises';
import { SpawnerError } from '../errors.ts';

/** The calls that can fail. */
export interface DirectoryFiles {
  readonly rename: typeof rename;
  readonly rm: typeof rm;
}

const files: DirectoryFiles = { rename, rm };

/**
 * Removes the directory of an instance: it is renamed to `<uuid>_del` first, so that nobody finds half of it, and so is
 * what a resize of Nova left as `<uuid>_resize`. What an interrupted removal left goes as well. Idempotent. Throws
 * {@link SpawnerError} `RESIDUE` when it cannot be renamed, and what the file system says. Follows Nova's
 * `delete_instance_files`.
 */
export async function removeDirectory(path: string, { rename, rm }: DirectoryFiles = files): Promise<void> {
  const doomed = `${path}_del`;
  const resized = `${path}_resize`;
  const failure = (await failureOf(rename(path, doomed))) && (await failureOf(rename(resized, doomed)));
  for (const left of [path, resized]) if (await exists(left)) throw stuck(left, doomed, failure);
  await rm(doomed, { recursive: true, force: true });
}

async function failureOf(renaming: Promise<void>): Promise<Error | undefined> {
  return renaming.then(
    () => undefined,
    (error: Error) => error,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function stuck(path: string, doomed: string, cause: Error | undefined): SpawnerError {
  return new SpawnerError('RESIDUE', `"${path}" cannot be removed: it cannot be renamed to "${doomed}"`, {
    cause,
    fix: `See whether "${doomed}" is there: an earlier removal was interrupted, and it can be removed by hand.`,
    context: { path, doomed },
  });
}

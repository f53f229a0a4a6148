import { mkdir, open, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VolumeError } from '../errors.ts';
import { isErrno } from '../failure.ts';

/** Who uses what, as empty files `<directory>/<thing>/<holder>`: they outlive a process, and nothing expires. */
export interface Holds {
  /** Writes a hold down, durably. Answers whether it is new. */
  add(thing: string, holder: string): Promise<boolean>;
  /** Forgets a hold; nothing when there is none. */
  remove(thing: string, holder: string): Promise<void>;
  list(thing: string): Promise<readonly string[]>;
}

/** Holds below a directory, made when needed. Whoever adds or removes must have the thing's lock. */
export function openHolds(directory: string): Holds {
  const pathOf = (thing: string) => join(directory, checkName(thing));
  return {
    async add(thing, holder) {
      const path = pathOf(thing);
      await mkdir(path, { recursive: true, mode: 0o700 });
      const isNew = await createFile(join(path, checkName(holder)));
      if (isNew) await Promise.all([syncDirectory(path), syncDirectory(directory)]);
      return isNew;
    },
    async remove(thing, holder) {
      const path = pathOf(thing);
      await rm(join(path, checkName(holder)), { force: true });
      await rmdir(path).catch((error: unknown) => {
        if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
      });
    },
    async list(thing) {
      const names = await readdir(pathOf(thing)).catch((error: unknown) => {
        if (isErrno(error, 'ENOENT')) return [];
        throw error;
      });
      return names;
    },
  };
}

async function createFile(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.close();
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function checkName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) return name;
  throw new VolumeError('INVALID_OPTION', `${JSON.stringify(name)} cannot name who holds a volume`, {
    context: { name },
    fix: 'Give at most 128 letters, digits, dots, dashes and underscores, such as the UUID of the attachment or the instance.',
  });
}

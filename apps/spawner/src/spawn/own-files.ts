import { chown, lstat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of an instance that somebody else owned. */
export interface ForeignFile {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
}

/** What a spawn writes to, and may find: after a rescue, or on storage that is shared. */
const NAMES = ['console.log', 'disk.config'];

/**
 * Files of an instance that belong to somebody else, such as QEMU's user, and that we may take over; none for whoever is not
 * root. Follows the seed-era `_create_image` of Nova's libvirt driver.
 */
export async function foreignFiles(instancePath: string): Promise<readonly ForeignFile[]> {
  const own = process.getuid?.();
  if (own !== 0) return [];
  const found = await Promise.all(NAMES.map((name) => ownerOf(join(instancePath, name))));
  return found.filter((file) => file !== undefined).filter(({ uid }) => uid !== own);
}

/** Makes a file ours. */
export async function takeOver({ path, gid }: ForeignFile): Promise<void> {
  await chown(path, 0, gid);
}

/** The inverse; nothing for a file that is gone. */
export async function giveBack({ path, uid, gid }: ForeignFile): Promise<void> {
  await chown(path, uid, gid).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** A link is nobody's to follow. */
async function ownerOf(path: string): Promise<ForeignFile | undefined> {
  try {
    const found = await lstat(path);
    return found.isFile() ? { path, uid: found.uid, gid: found.gid } : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

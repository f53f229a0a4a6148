import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostPaths } from '../host.ts';

/** Nobody but the owner lists it; QEMU's user passes it on the way to the disks. */
const PASSABLE = 0o711;

/** The directory of an instance's files. */
export function instancePathOf({ instances }: Pick<HostPaths, 'instances'>, uuid: string): string {
  return join(instances, uuid);
}

/** Where the root disk of a container is mounted; only root passes the directory above. */
export function lxcRootOf(instancePath: string): string {
  return join(instancePath, 'lxc', 'rootfs');
}

/** Makes the directory of an instance, unless it is there. */
export async function makeInstancePath(path: string): Promise<void> {
  await makePassable(dirname(path));
  await makePassable(path);
}

/** What is in a directory; undefined when there is none. */
export async function namesIn(path: string): Promise<readonly string[] | undefined> {
  return readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Empties a directory but for what somebody else has put there before. Idempotent. */
export async function removeAllBut(before: readonly string[], path: string): Promise<void> {
  const names = (await namesIn(path)) ?? [];
  const ours = names.filter((name) => !before.includes(name));
  await Promise.all(ours.map((name) => rm(join(path, name), { recursive: true, force: true })));
}

/** Makes a directory on the way to the instances, unless it is there: whatever the umask says, QEMU's user passes. */
export async function makePassable(path: string): Promise<void> {
  if ((await mkdir(path, { recursive: true, mode: PASSABLE })) !== undefined) await chmod(path, PASSABLE);
}

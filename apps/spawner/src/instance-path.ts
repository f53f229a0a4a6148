import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostPaths } from './host.ts';

/** Nobody but the owner lists it; QEMU's user passes it on the way to the disks. */
const PASSABLE = 0o711;

/** The directory of an instance's files. */
export function instancePathOf({ instances }: Pick<HostPaths, 'instances'>, uuid: string): string {
  return join(instances, uuid);
}

/** Makes the directory of an instance; fails when there is one. */
export async function makeInstancePath(path: string): Promise<void> {
  await makePassable(dirname(path));
  await mkdir(path);
  await chmod(path, PASSABLE);
}

/** Makes a directory on the way to the instances, unless it is there: whatever the umask says, QEMU's user passes. */
export async function makePassable(path: string): Promise<void> {
  if ((await mkdir(path, { recursive: true, mode: PASSABLE })) !== undefined) await chmod(path, PASSABLE);
}

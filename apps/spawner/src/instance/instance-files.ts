import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeConfigDrive } from '@spawnkit/configdrive';
import type { ImageBackend } from '@spawnkit/image-backend';

const ASIDE = 'before.';

/** Files of an instance that an operation puts others in the place of, or makes anew. */
export interface FileChange {
  readonly instancePath: string;
  /** Names that were there; each is kept aside until the operation has succeeded. */
  readonly replaced: readonly string[];
  /** Names that were not there. */
  readonly made: readonly string[];
}

/** The name under which a replaced file is kept. */
export function asideName(name: string): string {
  return `${ASIDE}${name}`;
}

/**
 * What is there of all that a rebuild makes anew: disks with their snapshots and notes, the config drive, kernel and
 * ramdisk, the definition, the request. Console logs go on; secrets and what belongs to volumes stay.
 */
export async function replaceableFiles(instancePath: string): Promise<readonly string[]> {
  const names = await readdir(instancePath);
  return names.filter((name) => isDisk(name) || others.test(name));
}

const others = /^(?:disk\.info|disk\.config|libvirt\.xml|request\.json|known_hosts|\.(?:disk|kernel|ramdisk)[.~].*)$/;

/** Makes room: what is to be replaced gets another name in the same directory. */
export async function putAside({ instancePath, replaced }: FileChange): Promise<void> {
  // What belongs to a disk goes before it, and comes back after it: it would be removed with the disk that took its
  // place.
  for (const name of dependentsLast(replaced).toReversed())
    await rename(join(instancePath, name), join(instancePath, asideName(name)));
}

/**
 * The inverse of {@link putAside} and of all that was made since. Idempotent: a file that is not aside was never moved,
 * or is back already, and is left alone.
 */
export async function putBack({ instancePath, replaced, made }: FileChange, files: ImageBackend): Promise<void> {
  for (const name of made) await removeInstanceFile(instancePath, name, files);
  for (const name of dependentsLast(replaced)) {
    const aside = join(instancePath, asideName(name));
    if (!(await exists(aside))) continue;
    await removeInstanceFile(instancePath, name, files);
    await rename(aside, join(instancePath, name));
  }
}

/** Removes a file of an instance, and what a killed process that made it has left of it. Idempotent. */
export async function removeInstanceFile(instancePath: string, name: string, files: ImageBackend): Promise<void> {
  const path = join(instancePath, name);
  if (name.startsWith('disk.config')) await removeConfigDrive(path);
  else if (isDisk(name)) await files.remove({ instanceId: instanceIdOf(instancePath), name });
  else await rm(path, { recursive: true, force: true });
}

/** Names that the image backend makes: disks, and the kernel and ramdisk copied beside them. */
export function isDisk(name: string): boolean {
  return /^(?:disk(?:\.(?!info$|info\.tmp$|config)[A-Za-z0-9_-]+)?|kernel|ramdisk)$/.test(name);
}

/** Snapshots and drafts, whose names begin with a dot, and the notes about disks. */
function dependentsLast(names: readonly string[]): readonly string[] {
  const depends = (name: string) => Number(name.startsWith('.') || name === 'disk.info');
  return names.toSorted((a, b) => depends(a) - depends(b));
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function instanceIdOf(instancePath: string): string {
  return instancePath.slice(instancePath.lastIndexOf('/') + 1);
}

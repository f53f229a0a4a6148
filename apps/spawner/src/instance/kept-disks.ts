import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDisk } from './instance-files.ts';
import { removeDirectory } from './remove-directory.ts';

/** Says that the disks beside it outlive their instance, and for people, what they were. */
const MARK = 'KEPT';

interface KeptInstance {
  readonly name: string;
  readonly uuid: string;
  readonly instancePath: string;
}

/** From now on whoever removes the instance, `gc` too, leaves its disks. */
export async function keepDisks({ name, uuid, instancePath }: KeptInstance): Promise<void> {
  const text = `Disks of the deleted instance "${name}" (${uuid}). Overlays need their base in ../_base. To be removed by hand.\n`;
  await writeFile(join(instancePath, MARK), text, { mode: 0o644 });
}

/** The opposite of {@link keepDisks}, before an instance is deleted with all it has. */
export async function dontKeepDisks(instancePath: string): Promise<void> {
  await rm(join(instancePath, MARK), { force: true });
}

/** Removes the directory of an instance, or all in it but its disks where these are kept. Idempotent. */
export async function removeInstancePath(instancePath: string): Promise<void> {
  if (!(await isKept(instancePath))) return removeDirectory(instancePath);
  for (const name of await readdir(instancePath)) {
    const stays = name === MARK || (isDisk(name) && name.startsWith('disk'));
    if (!stays) await rm(join(instancePath, name), { recursive: true, force: true });
  }
}

/** The disks that {@link removeInstancePath} leaves. */
export async function keptDisks(instancePath: string): Promise<readonly string[]> {
  const names = await readdir(instancePath);
  return names.filter((name) => isDisk(name) && name.startsWith('disk')).map((name) => join(instancePath, name));
}

/** Whether the disks of this instance stay when it goes. */
export async function isKept(instancePath: string): Promise<boolean> {
  return stat(join(instancePath, MARK)).then(
    () => true,
    () => false,
  );
}

import type { LvmContext, VolumeOptions } from './lvm-options.ts';
import { familyOf, needVolume, renameVolume, volumeExists } from './volume.ts';
import { closeMap } from './volume-map.ts';
import type { Volume } from './volume-name.ts';

/**
 * Gives a volume another name, and all that belongs to it: snapshots, its pool. What a killed move left is completed.
 * Throws `DISK_EXISTS`, `DISK_NOT_FOUND`.
 */
export async function moveVolume(
  context: LvmContext,
  from: Volume,
  to: Volume,
  { signal }: VolumeOptions,
): Promise<void> {
  await closeMap(context, from, { family: true, signal });
  const family = await familyOf(context, from, { signal });
  const isThere = family.some(({ name }) => name === from.name);
  if (!isThere) await needVolume(context, to, { signal });
  else if ((await familyOf(context, to, { signal })).some(({ name }) => name === to.name)) throw volumeExists(to);
  // The volume itself last: a pool that kept the old name would be removed with whatever gets that name next.
  for (const one of family.toSorted((a, b) => b.name.length - a.name.length)) {
    const moved = { group: to.group, name: to.name + one.name.slice(from.name.length) };
    await renameVolume(context, one, moved, { signal });
  }
}

import { dropVolume } from './clear-volume.ts';
import { busy } from './lvm-command.ts';
import type { LvmContext } from './lvm-options.ts';
import { familyOf, type VolumeFacts } from './volume.ts';
import { closeMap } from './volume-map.ts';
import { type Volume, volumeSpec } from './volume-name.ts';

/** Removes a volume, its snapshots, and what killed creations of it left. Idempotent. Throws `DISK_BUSY`. */
export async function removeVolumes(context: LvmContext, volume: Volume): Promise<void> {
  await closeMap(context, volume, { family: true });
  const family = await familyOf(context, volume, {});
  const open = family.find(({ kind, isOpen }) => isOpen && kind !== 'pool');
  if (open) throw busy(`remove the volume "${volumeSpec(open)}"`, { volume: volumeSpec(open) });
  for (const one of family.toSorted(byDependence)) await dropVolume(context, one, {});
}

/** What depends on others goes first: names of snapshots and drafts are longer than their volume's; pools go last. */
function byDependence(one: VolumeFacts, other: VolumeFacts): number {
  const isPool = ({ kind }: VolumeFacts) => Number(kind === 'pool');
  return isPool(one) - isPool(other) || other.name.length - one.name.length;
}

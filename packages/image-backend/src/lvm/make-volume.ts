import { sync } from '../files.ts';
import type { DiskId } from '../image-backend.ts';
import { lvmFailure } from './lvm-command.ts';
import type { LvmContext } from './lvm-options.ts';
import { createVolume, deleteVolume, familyOf, type NewVolumeSize, renameVolume } from './volume.ts';
import { closeMap, openMap, renameMap } from './volume-map.ts';
import { draftOf, poolOf, type Volume, volumeSpec } from './volume-name.ts';

export interface NewVolume extends NewVolumeSize {
  /** Whose key encrypts it. */
  readonly disk: DiskId;
  /** Makes the content of a device of `bytes` bytes, which has whatever was there before unless volumes are sparse. */
  readonly fill: (device: string, bytes: bigint) => Promise<void>;
}

/**
 * Makes a volume in one step: it is filled and synced under a name of its own, then it gets its name, unless something
 * has it already. Throws `DISK_EXISTS`, and what `fill` throws; then nothing is left.
 */
export async function makeVolume(context: LvmContext, volume: Volume, request: NewVolume): Promise<void> {
  const { disk, sizeBytes, filledBytes, fill, signal } = request;
  const draft = draftOf(volume);
  const made = [draft, poolOf(draft)];
  try {
    const bytes = await createVolume(context, draft, { sizeBytes, filledBytes, signal });
    const device = await openMap(context, draft, { disk, signal });
    await fill(device, bytes);
    signal?.throwIfAborted();
    await sync(device);
    await renameVolume(context, draft, volume, { signal });
    made.unshift(volume);
    await renameMap(context, draft, volume, { signal });
  } catch (cause) {
    // Also after an abort; what cannot be removed now is left to `remove`, and the first error counts.
    await removeMade(context, volume, made).catch(() => {});
    throw lvmFailure(`make the disk "${volumeSpec(volume)}"`, cause, signal);
  }
}

async function removeMade(context: LvmContext, volume: Volume, made: readonly Volume[]): Promise<void> {
  for (const one of made) await closeMap(context, one, {});
  const family = await familyOf(context, volume, {});
  for (const one of made) {
    if (family.some(({ name }) => name === one.name)) await deleteVolume(context, one, {});
  }
}

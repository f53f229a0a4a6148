import { MiB } from '../byte-units.ts';
import { lvm } from './lvm-command.ts';
import type { LvmContext, VolumeOptions } from './lvm-options.ts';
import { deleteVolume, type VolumeFacts } from './volume.ts';
import { devicePath, volumeSpec } from './volume-name.ts';

/**
 * Makes zeros of a device of `bytes` bytes, from an offset to its end: what others left there is not for a guest. A thin
 * volume has none of it.
 */
export async function zeroRest(
  context: LvmContext,
  device: string,
  {
    from,
    bytes,
    isThin,
    signal,
  }: { readonly from: bigint; readonly bytes: bigint; readonly isThin: boolean } & VolumeOptions,
): Promise<void> {
  if (isThin || from >= bytes) return;
  const what = `fill "${device}" with zeros`;
  const args = ['--zeroout', '--offset', `${from}`, '--length', `${bytes - from}`, device];
  await lvm(context, 'blkdiscard', args, { what, signal });
}

/** Clears a volume as it is configured, and removes it. Throws `DISK_BUSY`. */
export async function dropVolume(context: LvmContext, volume: VolumeFacts, { signal }: VolumeOptions): Promise<void> {
  await clearVolume(context, volume, { signal });
  await deleteVolume(context, volume, { signal });
}

/** What is thin would grow by zeros: its pool hands out none but cleared blocks. */
async function clearVolume(context: LvmContext, volume: VolumeFacts, { signal }: VolumeOptions): Promise<void> {
  const { volumeClear = 'zero', volumeClearSizeMiB = 0 } = context;
  if (volumeClear === 'none' || volume.kind === 'thin' || volume.kind === 'pool') return;
  const limit = BigInt(volumeClearSizeMiB) * MiB;
  const bytes = limit > 0n && limit < volume.bytes ? limit : volume.bytes;
  const device = devicePath(context, volume);
  const what = `clear the volume "${volumeSpec(volume)}"`;
  if (volumeClear === 'zero')
    await lvm(context, 'blkdiscard', ['--zeroout', '--length', `${bytes}`, device], { what, signal });
  else await lvm(context, 'shred', ['-n3', `-s${bytes}`, device], { what, signal });
}

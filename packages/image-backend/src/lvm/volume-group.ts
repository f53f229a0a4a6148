import { ImageBackendError } from '../errors.ts';
import { lvmReport } from './lvm-command.ts';
import { checkVolumeGroup, type LvmBackendOptions, type VolumeOptions } from './lvm-options.ts';

/** What LVM says of a volume group. */
export interface VolumeGroup {
  /** Sizes of volumes are multiples of it. */
  readonly extentBytes: bigint;
  readonly freeBytes: bigint;
}

/**
 * Looks at the volume group of the disks. Throws `ImageBackendError` `INVALID_REQUEST`, `STORAGE_UNREACHABLE` where there
 * is none, `TOOL_MISSING`, `TOOL_FAILED`, or the signal's reason.
 */
export async function readVolumeGroup(
  { exec, imagesVolumeGroup: group }: Pick<LvmBackendOptions, 'exec' | 'imagesVolumeGroup'>,
  { signal }: VolumeOptions = {},
): Promise<VolumeGroup> {
  checkVolumeGroup(group);
  const what = `look at the volume group "${group}"`;
  const [row] = await lvmReport({ exec }, 'vgs', { group, fields: ['vg_extent_size', 'vg_free'], what, signal });
  const extentBytes = BigInt(row?.['vg_extent_size'] ?? 0);
  if (extentBytes > 0n) return { extentBytes, freeBytes: BigInt(row?.['vg_free'] ?? 0) };
  throw new ImageBackendError('TOOL_FAILED', `Cannot ${what}: "vgs" tells no size of extents. Check lvm2.`, { group });
}

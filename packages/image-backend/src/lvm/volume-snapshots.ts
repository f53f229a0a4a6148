import { snapshotExists, snapshotNotFound } from '../disks/snapshot-name.ts';
import type { DiskSnapshotRequest, ImageBackend } from '../image-backend.ts';
import { dropVolume } from './clear-volume.ts';
import { busy, lvm } from './lvm-command.ts';
import type { LvmContext, VolumeOptions } from './lvm-options.ts';
import { deleteVolume, familyOf, findVolume, needVolume, renameVolume, type VolumeFacts } from './volume.ts';
import { closeMap, openMap } from './volume-map.ts';
import { draftOf, snapshotOf, type Volume, volumeOf, volumeSpec } from './volume-name.ts';

type Snapshots = Pick<ImageBackend, 'createSnapshot' | 'rollback' | 'removeSnapshot'>;

/** LVM's own snapshots. One of a volume that is not sparse has room for all that may change. */
export function volumeSnapshots(context: LvmContext): Snapshots {
  const namesOf = ({ disk, snapshot }: DiskSnapshotRequest) => {
    const volume = volumeOf(context, disk);
    return { volume, kept: snapshotOf(volume, snapshot) };
  };
  return {
    async createSnapshot(request) {
      const { volume, kept } = namesOf(request);
      const found = await needVolume(context, volume, request);
      if (await findVolume(context, kept, request)) throw snapshotExists(volumeSpec(volume), request);
      await takeSnapshot(context, found, kept, request);
    },
    async rollback(request) {
      const { volume, kept } = namesOf(request);
      const family = await familyOf(context, volume, request);
      const snapshot = family.find(({ name }) => name === kept.name);
      // One that is thin can bring its disk back, should a rollback have been killed before it did.
      if (snapshot?.kind !== 'thin') await needVolume(context, volume, request);
      if (!snapshot) throw snapshotNotFound(volumeSpec(volume), request);
      await closeMap(context, volume, request);
      await checkUnused(context, volume, request);
      await (snapshot.kind === 'thin' ? replace : merge)(context, volume, snapshot, request);
      await openMap(context, volume, request);
    },
    async removeSnapshot(request) {
      const { kept } = namesOf(request);
      const found = await findVolume(context, kept, request);
      if (found) await dropVolume(context, found, request);
    },
  };
}

async function takeSnapshot(context: LvmContext, { kind, ...of }: VolumeFacts, as: Volume, { signal }: VolumeOptions) {
  const what = `snapshot the volume "${volumeSpec(of)}"`;
  // More than there can be in it is cut down by LVM. One that is thin would stay closed without -kn.
  const size = kind === 'thin' ? ['-kn'] : ['-l', '110%ORIGIN'];
  await lvm(context, 'lvcreate', ['--yes', '-s', ...size, '-n', as.name, volumeSpec(of)], { what, signal });
}

/** Puts a copy of a thin snapshot in the place of its disk: merging would part the disk from its other snapshots. */
async function replace(context: LvmContext, volume: Volume, from: VolumeFacts, options: VolumeOptions): Promise<void> {
  const copy = draftOf(volume);
  await takeSnapshot(context, from, copy, options);
  if (await findVolume(context, volume, options)) await deleteVolume(context, volume, options);
  await renameVolume(context, copy, volume, options);
}

/** LVM uses up the snapshot that it goes back to, so that it is taken again. */
async function merge(context: LvmContext, volume: Volume, from: VolumeFacts, options: VolumeOptions): Promise<void> {
  const what = `roll back the volume "${volumeSpec(volume)}"`;
  const args = ['--yes', '--interval', '1', '--merge', volumeSpec(from)];
  await lvm(context, 'lvconvert', args, { what, signal: options.signal });
  const merged = await needVolume(context, volume, options);
  // Somebody opened it in the last moment, so that LVM goes back when it is opened next.
  if (merged.kind === 'merging') throw busy(what, { volume: volumeSpec(volume) });
  await takeSnapshot(context, merged, from, options);
}

async function checkUnused(context: LvmContext, volume: Volume, { signal }: VolumeOptions): Promise<void> {
  const found = await findVolume(context, volume, { signal });
  if (found?.isOpen) throw busy(`roll back the volume "${volumeSpec(volume)}"`, { volume: volumeSpec(volume) });
}

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { checkDiskId } from '../disks/disk-path.ts';
import { checkSnapshotName } from '../disks/snapshot-name.ts';
import { ImageBackendError } from '../errors.ts';
import type { DiskId } from '../image-backend.ts';
import type { LvmContext } from './lvm-options.ts';

/** A logical volume. */
export interface Volume {
  readonly group: string;
  readonly name: string;
}

/** LVM's own limit. */
const MAX_NAME_LENGTH = 127;
/** In names of volumes these mean parts of other volumes. */
const RESERVED =
  /^(snapshot|pvmove)|_(mlog|mimage|pmspare|rimage|rmeta|tdata|tmeta|cdata|cmeta|cvol|corig|wcorig|vdata|vorigin|imeta|iorig)/;

/** `<instanceId>_<name, underscores doubled>`, as in Nova. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function volumeOf({ imagesVolumeGroup }: LvmContext, disk: DiskId): Volume {
  const { instanceId, name } = checkDiskId(disk);
  if (instanceId.includes('_')) {
    throw new ImageBackendError(
      'INVALID_REQUEST',
      `The instance id "${instanceId}" must be without underscore: in LVM it would be taken for part of a disk's name`,
      { instanceId },
    );
  }
  return checked({ group: imagesVolumeGroup, name: `${instanceId}_${name.replaceAll('_', '__')}` });
}

/** No disk's name has a plus sign: what has one belongs to the volume whose name stands before it. */
export function draftOf({ group, name }: Volume): Volume {
  return checked({ group, name: `${name}+draft-${randomBytes(6).toString('hex')}` });
}

/** The thin pool of a volume that is being made; it keeps this name. */
export function poolOf({ group, name }: Volume): Volume {
  return checked({ group, name: name.replace(/\+draft-/, '+pool-') });
}

/** Throws `ImageBackendError` `INVALID_REQUEST`. */
export function snapshotOf({ group, name }: Volume, snapshot: string): Volume {
  return checked({ group, name: `${name}+snap-${checkSnapshotName(snapshot)}` });
}

/** Whether a name is that of a volume, or of something that belongs to it. */
export function belongsTo({ name }: Volume, other: string): boolean {
  return other === name || other.startsWith(`${name}+`);
}

/** As LVM's programs name a volume, and people. */
export function volumeSpec({ group, name }: Volume): string {
  return `${group}/${name}`;
}

export function devicePath({ devicesPath }: LvmContext, { group, name }: Volume): string {
  return join(devicesPath, group, name);
}

/** The name of a volume's decrypted device, as in Nova. */
export function mapName({ name }: Pick<Volume, 'name'>): string {
  return `${name}-dmcrypt`;
}

export function mapPath({ devicesPath }: LvmContext, volume: Volume): string {
  return join(devicesPath, 'mapper', mapName(volume));
}

function checked(volume: Volume): Volume {
  const { name } = volume;
  if (name.length <= MAX_NAME_LENGTH && !RESERVED.test(name)) return volume;
  throw new ImageBackendError(
    'INVALID_REQUEST',
    `"${name}" cannot be the name of a volume: LVM allows ${MAX_NAME_LENGTH} characters, and keeps names such as "snapshot…" and "…_tdata" for itself`,
    { name },
  );
}

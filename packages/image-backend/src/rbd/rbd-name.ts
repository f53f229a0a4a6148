import { randomBytes } from 'node:crypto';
import { checkDiskId } from '../disks/disk-path.ts';
import { ImageBackendError } from '../errors.ts';
import type { DiskId } from '../image-backend.ts';
import type { RbdContext } from './rbd-options.ts';

/** An image of a cluster. */
export interface RbdImage {
  readonly pool: string;
  readonly image: string;
}

/** One of its snapshots. */
export interface RbdSnapshot extends RbdImage {
  readonly snapshot: string;
}

/** `<instanceId>_<name>` in the pool of the disks, as in Nova. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function rbdImageOf({ imagesRbdPool }: RbdContext, disk: DiskId): RbdImage {
  const { instanceId, name } = checkDiskId(disk);
  if (!instanceId.includes('_')) return { pool: imagesRbdPool, image: `${instanceId}_${name}` };
  throw new ImageBackendError(
    'INVALID_REQUEST',
    `The instance id "${instanceId}" must be without underscore: in Ceph it would be taken for part of a disk's name`,
    { instanceId },
  );
}

/** As `rbd` and libvirt name an image, and people. */
export function rbdSpec({ pool, image }: RbdImage): string {
  return `${pool}/${image}`;
}

export function rbdSnapshotSpec(snapshot: RbdSnapshot): string {
  return `${rbdSpec(snapshot)}@${snapshot.snapshot}`;
}

/** As QEMU's tools find an image. */
export function rbdQemuName(
  { rbdUser, imagesRbdCephConf, rbdKeyring }: Pick<RbdContext, 'rbdUser' | 'imagesRbdCephConf' | 'rbdKeyring'>,
  image: RbdImage,
): string {
  const options = Object.entries({ id: rbdUser, conf: imagesRbdCephConf, keyring: rbdKeyring });
  const given = options.flatMap(([key, value]) => (value === undefined ? [] : [`:${key}=${escape(value)}`]));
  return `rbd:${escape(image.pool)}/${escape(image.image)}${given.join('')}`;
}

/** A new name for an image in the making: no disk's name has a tilde. */
export function draftOf({ pool, image }: RbdImage): RbdImage {
  return { pool, image: `${image}~draft-${randomBytes(6).toString('hex')}` };
}

export function isDraftOf({ image }: RbdImage, name: string): boolean {
  const prefix = `${image}~draft-`;
  return name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length));
}

function escape(value: string): string {
  return value.replace(/[\\:@=]/g, '\\$&');
}

import { notClonable } from '../disks/clone-refusal.ts';
import { newDiskBytes } from '../disks/disk-size.ts';
import type { CloneDiskRequest } from '../image-backend.ts';
import {
  type CloneObstacle,
  cloneRbdImage,
  growRbdImage,
  makeRbdImage,
  rbdImageBytes,
  rbdImageExists,
  type RbdImageOptions,
} from './rbd-image.ts';
import { parseRbdLocation } from './rbd-location.ts';
import { type RbdImage, rbdImageOf, rbdSnapshotSpec, rbdSpec, type RbdSnapshot } from './rbd-name.ts';
import type { RbdContext } from './rbd-options.ts';

/**
 * `ImageBackend.clone` of a cluster. A child as large as its parent is made by one command under its own name; one that
 * grows is made aside, and named when it is complete.
 */
export async function cloneDisk(context: RbdContext, request: CloneDiskRequest): Promise<void> {
  const { disk, imageBytes, sizeBytes: wanted, signal } = request;
  signal?.throwIfAborted();
  const image = rbdImageOf(context, disk);
  const parent = parentOf(context, image, request);
  const parentBytes = imageBytes ?? (wanted === null ? undefined : await bytesOf(context, image, parent, signal));
  const sizeBytes = parentBytes && sizeOf(parent, parentBytes, image, wanted);
  if (sizeBytes === undefined || sizeBytes === parentBytes) return cloneInto(context, { image, parent, signal }, image);
  await makeRbdImage(context, image, { signal }, async (draft) => {
    await cloneInto(context, { image, parent, signal }, draft);
    await growRbdImage(context, draft, sizeBytes, { signal });
  });
}

/** Throws `DISK_TOO_SMALL`, `INVALID_REQUEST`. */
function sizeOf(parent: RbdSnapshot, virtualSize: bigint, image: RbdImage, sizeBytes: bigint | null): bigint {
  return newDiskBytes(rbdSpec(image), { base: { path: rbdSnapshotSpec(parent), virtualSize }, sizeBytes });
}

/** Of the image's locations the first in this cluster. Throws `NOT_CLONABLE` with the reasons why there is none. */
function parentOf({ cluster }: RbdContext, image: RbdImage, { locations, imageFormat }: CloneDiskRequest): RbdSnapshot {
  if (imageFormat !== 'raw')
    throw notClonable(rbdSpec(image), `the image is ${imageFormat}, and only raw bytes can be`);
  const reasons: string[] = [];
  for (const url of locations) {
    const location = parseRbdLocation(url);
    if (typeof location === 'string') reasons.push(location);
    else if (location.fsid === cluster.fsid) return location;
    else reasons.push('it is in another cluster');
  }
  const why =
    reasons.length === 0 ? 'the image service tells no location of the image' : [...new Set(reasons)].join(', ');
  throw notClonable(rbdSpec(image), why);
}

async function bytesOf(
  context: RbdContext,
  image: RbdImage,
  parent: RbdSnapshot,
  signal: AbortSignal | undefined,
): Promise<bigint> {
  const bytes = await rbdImageBytes(context, parent, { signal });
  if (bytes === undefined) throw notClonable(rbdSpec(image), OBSTACLES['parent-missing']);
  return bytes;
}

const OBSTACLES: Readonly<Record<Exclude<CloneObstacle, 'child-exists'>, string>> = {
  'parent-missing': 'the image or its snapshot is not there',
  'parent-unprotected': 'its snapshot is not protected',
};

async function cloneInto(
  context: RbdContext,
  { image, parent, signal }: { readonly image: RbdImage; readonly parent: RbdSnapshot } & RbdImageOptions,
  child: RbdImage,
): Promise<void> {
  const obstacle = await cloneRbdImage(context, parent, child, { signal });
  if (obstacle === 'child-exists') throw rbdImageExists(child);
  if (obstacle !== undefined) throw notClonable(rbdSpec(image), OBSTACLES[obstacle]);
}

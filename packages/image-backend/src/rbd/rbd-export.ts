import { ImageBackendError } from '../errors.ts';
import { EBUSY, EEXIST, ENOENT, parseRbdAnswer, rbd, type RbdAnswer } from './rbd-command.ts';
import { rbdImageExists, rbdImageNotFound, removeRbdImage } from './rbd-image.ts';
import { formatRbdLocation, parseRbdLocation, type RbdLocation } from './rbd-location.ts';
import { type RbdImage, rbdSnapshotSpec, rbdSpec } from './rbd-name.ts';
import { checkRbdPart, type RbdContext } from './rbd-options.ts';

export interface ExportImageRequest {
  /** The new image's id in the image service, which becomes its name. */
  readonly imageId: string;
  /** Where its store keeps images. Missing: where the disk's own image is. */
  readonly pool?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const IMAGE_SNAPSHOT = 'snap';

/**
 * Makes an image for the image service of a disk, inside the cluster (Nova's direct_snapshot): a child of a snapshot,
 * made independent, with the protected snapshot that the image service expects. Answers its location. Whatever happens,
 * nothing of the snapshot is left on the disk. Throws `NOT_CLONABLE` when no pool is known, `DISK_NOT_FOUND`,
 * `DISK_EXISTS`, and what `rbd` throws; then no image is left.
 */
export async function exportRbdImage(
  context: RbdContext,
  disk: RbdImage,
  request: ExportImageRequest,
): Promise<string> {
  const { signal, imageId } = request;
  checkRbdPart('The image id', imageId);
  const target = { pool: request.pool ?? (await poolOfParent(context, disk, signal)), image: imageId };
  const snapshot = { ...disk, snapshot: `export-${imageId}` };
  const spec = rbdSnapshotSpec(snapshot);
  const run = (args: readonly string[], answers: readonly number[] = []): Promise<RbdAnswer> =>
    rbd(context, args, {
      what: `export the disk "${rbdSpec(disk)}" as the image "${rbdSpec(target)}"`,
      signal,
      answers,
    });
  const location = { fsid: context.cluster.fsid, ...target, snapshot: IMAGE_SNAPSHOT };
  await run(['snap', 'create', '--no-progress', spec]);
  let cloned = false;
  try {
    await run(['snap', 'protect', spec]);
    const { exitCode } = await run(['clone', spec, rbdSpec(target)], [EEXIST]);
    if (exitCode === EEXIST) throw rbdImageExists(target);
    cloned = true;
    await run(['flatten', '--no-progress', rbdSpec(target)]);
    await dropSnapshot(context, spec);
    await run(['snap', 'create', '--no-progress', rbdSnapshotSpec(location)]);
    await run(['snap', 'protect', rbdSnapshotSpec(location)]);
  } catch (error) {
    // Not under the signal: after an abort this is what is left to do. The first error counts.
    if (cloned) await removeImage(context, location, undefined).catch(() => {});
    await dropSnapshot(context, spec);
    throw error;
  }
  return formatRbdLocation(location);
}

/**
 * Takes away an image that the image service did not take after all (Nova's cleanup_direct_snapshot). Idempotent. An
 * address that is not in this cluster is left alone. Throws `DISK_BUSY` when disks were cloned from it.
 */
export async function removeExportedImage(
  context: RbdContext,
  url: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const location = parseRbdLocation(url);
  if (typeof location === 'string' || location.fsid !== context.cluster.fsid) return;
  await removeImage(context, location, signal);
}

async function removeImage(context: RbdContext, location: RbdLocation, signal: AbortSignal | undefined): Promise<void> {
  const what = `remove the image "${rbdSpec(location)}"`;
  const args = ['snap', 'unprotect', rbdSnapshotSpec(location)];
  // 22: it is not protected.
  await rbd(context, args, { what, signal, answers: [ENOENT, 22] });
  await removeRbdImage(context, location, { signal });
}

/** Idempotent; one that stays is warned of. */
async function dropSnapshot(context: RbdContext, spec: string): Promise<void> {
  const what = `remove the snapshot "${spec}"`;
  try {
    await rbd(context, ['snap', 'unprotect', spec], { what, answers: [ENOENT, EBUSY, 22] });
    await rbd(context, ['snap', 'rm', '--no-progress', spec], { what, answers: [ENOENT] });
  } catch (error) {
    context.log.warn('a snapshot was left on a disk', { snapshot: spec, reason: (error as Error).message });
  }
}

async function poolOfParent(context: RbdContext, disk: RbdImage, signal: AbortSignal | undefined): Promise<string> {
  const what = `look for the image of the disk "${rbdSpec(disk)}"`;
  const args = ['info', '--format', 'json', rbdSpec(disk)];
  const answer = await rbd(context, args, { what, signal, answers: [ENOENT] });
  if (answer.exitCode === ENOENT) throw rbdImageNotFound(disk);
  const { parent } = parseRbdAnswer(answer, what) as { parent?: { pool?: string } };
  if (parent?.pool) return parent.pool;
  throw new ImageBackendError(
    'NOT_CLONABLE',
    `The disk "${rbdSpec(disk)}" depends on no image, so that no pool is known for a new one. Give the pool of the image service.`,
    { disk: rbdSpec(disk) },
  );
}

import type { Lock } from '@spawnkit/effects';
import { baseName, lockBase } from '../cache/cache-paths.ts';
import { ImageBackendError } from '../errors.ts';
import { EEXIST, ENOENT, ENOTEMPTY, parseRbdAnswer, rbd } from './rbd-command.ts';
import { draftOf, isDraftOf, type RbdImage, rbdSnapshotSpec, rbdSpec, type RbdSnapshot } from './rbd-name.ts';
import type { RbdClient, RbdContext } from './rbd-options.ts';

/** Acts on images of a cluster. All throw what `rbd` throws besides what they say. */
export interface RbdImageOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes an image in one step: `fill` makes it under a name of its own, then it gets its name, unless something has it
 * already. Throws `DISK_EXISTS`, an `EffectsError` of the lock, and what `fill` throws; then nothing is left.
 */
export async function makeRbdImage(
  context: RbdContext,
  image: RbdImage,
  { signal }: RbdImageOptions,
  fill: (draft: RbdImage) => Promise<void>,
): Promise<void> {
  await using _lock = await lockRbdImage(context, image, { signal });
  const draft = draftOf(image);
  try {
    await fill(draft);
    signal?.throwIfAborted();
    await renameImage(context, draft, image, { signal });
  } catch (error) {
    // Also after an abort; what cannot be removed now is left to `remove`, and the first error counts.
    await removeRbdImage(context, draft, {}).catch(() => {});
    throw error;
  }
}

/**
 * Holds the name of an image against other makers: of several that rename at once, `rbd` lets more than one succeed.
 * Throws an `EffectsError` of the lock, or the signal's reason.
 */
export function lockRbdImage({ instancesPath }: RbdContext, image: RbdImage, options: RbdImageOptions): Promise<Lock> {
  options.signal?.throwIfAborted();
  return lockBase(instancesPath, `rbd_${baseName(rbdSpec(image))}`, options);
}

/** Throws `DISK_EXISTS`: to be asked before much is done for an image that cannot be. */
export async function checkNewRbdImage(client: RbdClient, image: RbdImage, options: RbdImageOptions): Promise<void> {
  if ((await rbdImageBytes(client, image, options)) !== undefined) throw rbdImageExists(image);
}

/** What a guest sees of an image or snapshot; undefined when it is not there. */
export async function rbdImageBytes(
  client: RbdClient,
  image: RbdImage | RbdSnapshot,
  { signal }: RbdImageOptions,
): Promise<bigint | undefined> {
  const spec = 'snapshot' in image ? rbdSnapshotSpec(image) : rbdSpec(image);
  const what = `look at the image "${spec}"`;
  const args = ['info', spec, '--format', 'json'];
  const answer = await rbd(client, args, { what, signal, answers: [ENOENT] });
  if (answer.exitCode === ENOENT) return undefined;
  const { size } = parseRbdAnswer(answer, what) as { size?: unknown };
  if (typeof size === 'number' && Number.isSafeInteger(size)) return BigInt(size);
  throw new ImageBackendError('TOOL_FAILED', `Cannot ${what}: "rbd info" tells no size. Check the rbd program.`, {
    spec,
  });
}

/** Gives an image another name; nothing where it has that already. Throws `DISK_EXISTS`, `DISK_NOT_FOUND`. */
export async function moveRbdImage(
  context: RbdContext,
  from: RbdImage,
  to: RbdImage,
  { signal }: RbdImageOptions,
): Promise<void> {
  await using _lock = await lockRbdImage(context, to, { signal });
  // The lock is let go with the scope, so that nothing is returned that is still under way.
  if ((await rbdImageBytes(context, from, { signal })) !== undefined) await renameImage(context, from, to, { signal });
  else if ((await rbdImageBytes(context, to, { signal })) === undefined) throw rbdImageNotFound(from);
}

/** Removes an image and its snapshots. Idempotent. Throws `DISK_BUSY` while somebody has it open or depends on it. */
export async function removeRbdImage(client: RbdClient, image: RbdImage, { signal }: RbdImageOptions): Promise<void> {
  const what = `remove the image "${rbdSpec(image)}"`;
  const remove = (answers: readonly number[]) =>
    rbd(client, ['rm', '--no-progress', rbdSpec(image)], { what, signal, answers });
  const { exitCode } = await remove([ENOENT, ENOTEMPTY]);
  if (exitCode !== ENOTEMPTY) return;
  await rbd(client, ['snap', 'purge', '--no-progress', rbdSpec(image)], { what, signal, answers: [ENOENT] });
  await remove([ENOENT]);
}

/** Removes what killed creations of an image left. Idempotent. */
export async function removeRbdDrafts(client: RbdClient, image: RbdImage, { signal }: RbdImageOptions): Promise<void> {
  const what = `list the images of the pool "${image.pool}"`;
  const answer = await rbd(client, ['ls', '--format', 'json', image.pool], { what, signal });
  const names = (parseRbdAnswer(answer, what) as readonly string[]).filter((name) => isDraftOf(image, name));
  for (const name of names) await removeRbdImage(client, { pool: image.pool, image: name }, { signal });
}

/** An empty image. */
export async function createRbdImage(
  client: RbdClient,
  image: RbdImage,
  sizeBytes: bigint,
  { signal }: RbdImageOptions,
) {
  const what = `make the image "${rbdSpec(image)}"`;
  await rbd(client, ['create', '--size', `${sizeBytes}B`, rbdSpec(image)], { what, signal });
}

/** The bytes of a raw file, with its holes. */
export async function importRbdImage(client: RbdClient, path: string, image: RbdImage, { signal }: RbdImageOptions) {
  const what = `import "${path}" as the image "${rbdSpec(image)}"`;
  const args = ['import', '--no-progress', '--image-format', '2', path, rbdSpec(image)];
  await rbd(client, args, { what, signal });
}

export async function growRbdImage(client: RbdClient, image: RbdImage, sizeBytes: bigint, { signal }: RbdImageOptions) {
  const what = `grow the image "${rbdSpec(image)}"`;
  await rbd(client, ['resize', '--no-progress', '--size', `${sizeBytes}B`, rbdSpec(image)], { what, signal });
}

/** Why a clone was not made. */
export type CloneObstacle = 'child-exists' | 'parent-missing' | 'parent-unprotected';

/** A child that has only what differs from its parent; else what stands in its way. */
export async function cloneRbdImage(
  client: RbdClient,
  parent: RbdSnapshot,
  child: RbdImage,
  { signal }: RbdImageOptions,
): Promise<CloneObstacle | undefined> {
  const what = `clone the image "${rbdSnapshotSpec(parent)}" as "${rbdSpec(child)}"`;
  const obstacles = new Map<number, CloneObstacle>([
    [EEXIST, 'child-exists'],
    [ENOENT, 'parent-missing'],
    [22, 'parent-unprotected'],
  ]);
  const args = ['clone', rbdSnapshotSpec(parent), rbdSpec(child)];
  const { exitCode } = await rbd(client, args, { what, signal, answers: [...obstacles.keys()] });
  return obstacles.get(exitCode);
}

export function rbdImageExists(image: RbdImage): ImageBackendError {
  const disk = rbdSpec(image);
  return new ImageBackendError(
    'DISK_EXISTS',
    `There is a disk "${disk}" already; it was left alone. Remove it first, or choose another name.`,
    { disk },
  );
}

export function rbdImageNotFound(image: RbdImage): ImageBackendError {
  const disk = rbdSpec(image);
  return new ImageBackendError('DISK_NOT_FOUND', `There is no disk "${disk}". Create it first.`, { disk });
}

async function renameImage(client: RbdClient, from: RbdImage, to: RbdImage, { signal }: RbdImageOptions) {
  const what = `name the image "${rbdSpec(to)}"`;
  const { exitCode } = await rbd(client, ['rename', rbdSpec(from), rbdSpec(to)], { what, signal, answers: [EEXIST] });
  if (exitCode === EEXIST) throw rbdImageExists(to);
}

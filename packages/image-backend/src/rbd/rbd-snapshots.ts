import { ImageBackendError } from '../errors.ts';
import { checkSnapshotName, snapshotExists, snapshotNotFound } from '../disks/snapshot-name.ts';
import type { DiskSnapshotRequest, ImageBackend } from '../image-backend.ts';
import { EBUSY, EEXIST, ENOENT, parseRbdAnswer, rbd } from './rbd-command.ts';
import { rbdImageBytes, rbdImageNotFound } from './rbd-image.ts';
import { type RbdImage, rbdImageOf, rbdSnapshotSpec, rbdSpec } from './rbd-name.ts';
import type { RbdContext } from './rbd-options.ts';

/** Snapshots of images of a cluster. */
export function rbdSnapshots(
  context: RbdContext,
): Pick<ImageBackend, 'createSnapshot' | 'rollback' | 'removeSnapshot'> {
  const snap = (verb: readonly string[], request: DiskSnapshotRequest, answers: readonly number[]) => {
    const { image, spec } = namesOf(context, request);
    const what = `${verb.join(' ')} the snapshot "${spec}"`;
    const args = ['snap', ...verb, '--no-progress', spec];
    return rbd(context, args, { what, signal: request.signal, answers }).then(({ exitCode }) => ({ exitCode, image }));
  };
  return {
    async createSnapshot(request) {
      const { exitCode, image } = await snap(['create'], request, [ENOENT, EEXIST]);
      if (exitCode === ENOENT) throw rbdImageNotFound(image);
      if (exitCode === EEXIST) throw snapshotExists(rbdSpec(image), request);
    },
    async rollback(request) {
      await refuseWatched(context, namesOf(context, request).image, request.signal);
      const { exitCode, image } = await snap(['rollback'], request, [ENOENT]);
      if (exitCode === 0) return;
      const there = await rbdImageBytes(context, image, request);
      throw there === undefined ? rbdImageNotFound(image) : snapshotNotFound(rbdSpec(image), request);
    },
    async removeSnapshot(request) {
      const { exitCode } = await snap(['rm'], request, [ENOENT, EBUSY]);
      if (exitCode !== EBUSY) return;
      // Protected: who protects a snapshot means to clone it, and a child keeps it so.
      await snap(['unprotect'], request, []);
      await snap(['rm'], request, [ENOENT]);
    },
  };
}

function namesOf(context: RbdContext, { disk, snapshot }: DiskSnapshotRequest) {
  const image = rbdImageOf(context, disk);
  return { image, spec: rbdSnapshotSpec({ ...image, snapshot: checkSnapshotName(snapshot) }) };
}

/** Ceph would roll back a disk under a running guest. */
async function refuseWatched(context: RbdContext, image: RbdImage, signal: AbortSignal | undefined): Promise<void> {
  const what = `look who has the image "${rbdSpec(image)}" open`;
  const args = ['status', '--format', 'json', rbdSpec(image)];
  const answer = await rbd(context, args, { what, signal, answers: [ENOENT] });
  if (answer.exitCode === ENOENT) throw rbdImageNotFound(image);
  const { watchers = [] } = parseRbdAnswer(answer, what) as { watchers?: readonly { address?: string }[] };
  if (watchers.length === 0) return;
  throw new ImageBackendError(
    'DISK_BUSY',
    `Cannot roll back the image "${rbdSpec(image)}": a guest or another program has it open. Shut the guest down, and try again.`,
    { image: rbdSpec(image), watchers: watchers.map(({ address }) => address) },
  );
}

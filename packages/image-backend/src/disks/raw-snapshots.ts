import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ImageBackendError } from '../errors.ts';
import { failure } from '../failure.ts';
import { sync } from '../files.ts';
import type { DiskSnapshotRequest, ImageBackend } from '../image-backend.ts';
import type { BackendContext } from './backend-options.ts';
import { diskPath } from './disk-path.ts';
import { diskFileBytes } from './disk-size.ts';
import { diskExists, draftPath, makeDisk, snapshotPrefix } from './new-disk.ts';
import { checkSnapshotName, snapshotExists, snapshotNotFound } from './snapshot-name.ts';

/**
 * Snapshots of raw disks: copies beside them, `.<disk>~snapshot-<name>`, which share blocks where the file system can.
 * Nothing tells here whether a guest has the disk open.
 */
export function rawSnapshots(
  context: BackendContext,
): Pick<ImageBackend, 'createSnapshot' | 'rollback' | 'removeSnapshot'> {
  const pathsOf = ({ disk, snapshot }: DiskSnapshotRequest) => {
    const path = diskPath(context.instancesPath, disk);
    return { path, kept: `${snapshotPrefix(path)}${checkSnapshotName(snapshot)}` };
  };
  return {
    async createSnapshot(request) {
      const { path, kept } = pathsOf(request);
      await diskFileBytes(path);
      await makeDisk(kept, request.signal, (draft) => copy(context, path, draft, request.signal)).catch(
        (error: unknown) => {
          throw error instanceof ImageBackendError && error.code === 'DISK_EXISTS'
            ? snapshotExists(path, request)
            : error;
        },
      );
    },
    async rollback(request) {
      const { path, kept } = pathsOf(request);
      await diskFileBytes(path);
      if (!(await diskExists(kept))) throw snapshotNotFound(path, request);
      await replace(context, { from: kept, path, signal: request.signal });
    },
    async removeSnapshot(request) {
      const { path, kept } = pathsOf(request);
      await rm(kept, { force: true }).catch((cause: unknown) => {
        throw failure(`remove a snapshot of the disk "${path}"`, cause, request.signal);
      });
    },
  };
}

/** By a copy and one rename, so that the disk is the old one or the new one. */
async function replace(
  context: BackendContext,
  { from, path, signal }: { readonly from: string; readonly path: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const draft = draftPath(path);
  try {
    await copy(context, from, draft, signal);
    await sync(draft);
    await rename(draft, path);
    await sync(dirname(path));
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    throw failure(`roll back the disk "${path}"`, cause, signal);
  }
}

async function copy(
  { exec }: BackendContext,
  from: string,
  to: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await exec('cp', ['--reflink=auto', '--sparse=auto', '--preserve=mode,ownership', from, to], { signal });
}

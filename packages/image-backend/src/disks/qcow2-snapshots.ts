import type { DiskSnapshotRequest, ImageBackend } from '../image-backend.ts';
import { failure } from '../failure.ts';
import { ImageBackendError } from '../errors.ts';
import type { BackendContext } from './backend-options.ts';
import { diskPath } from './disk-path.ts';
import { diskFileBytes } from './disk-size.ts';
import { withKey } from './luks.ts';
import { keyedImage } from './qemu-img.ts';
import { checkSnapshotName, snapshotExists, snapshotNotFound } from './snapshot-name.ts';

type Snapshots = Pick<ImageBackend, 'createSnapshot' | 'rollback' | 'removeSnapshot'>;

/** Snapshots inside qcow2 disks. QEMU's own locks refuse a disk that a guest has open. */
export function qcow2Snapshots(context: BackendContext): Snapshots {
  const pathOf: (request: Parameters<Snapshots['rollback']>[0]) => string = ({ disk, snapshot }) => {
    checkSnapshotName(snapshot);
    return diskPath(context.instancesPath, disk);
  };
  return {
    async createSnapshot(request) {
      const path = pathOf(request);
      await during(`snapshot the disk "${path}"`, request.signal, async () => {
        if (await hasSnapshot(context, path, request)) throw snapshotExists(path, request);
        await snapshot(context, '-c', path, request);
      });
    },
    async rollback(request) {
      const path = pathOf(request);
      await during(`roll back the disk "${path}"`, request.signal, async () => {
        if (!(await hasSnapshot(context, path, request))) throw snapshotNotFound(path, request);
        await snapshot(context, '-a', path, request);
      });
    },
    async removeSnapshot(request) {
      const path = pathOf(request);
      await during(`remove a snapshot of the disk "${path}"`, request.signal, async () => {
        if (await hasSnapshot(context, path, request)) await snapshot(context, '-d', path, request);
      }).catch((error: unknown) => {
        if (!(error instanceof ImageBackendError && error.code === 'DISK_NOT_FOUND')) throw error;
      });
    },
  };
}

async function during(what: string, signal: AbortSignal | undefined, run: () => Promise<void>): Promise<void> {
  try {
    signal?.throwIfAborted();
    await run();
  } catch (cause) {
    throw failure(what, cause, signal);
  }
}

/** QEMU would keep two of one name, and take either. */
async function hasSnapshot(
  { exec }: BackendContext,
  path: string,
  { snapshot, signal }: DiskSnapshotRequest,
): Promise<boolean> {
  await diskFileBytes(path);
  const { stdout } = await exec('qemu-img', ['info', '--output=json', '-f', 'qcow2', path], { signal });
  const { snapshots = [] } = JSON.parse(stdout) as { snapshots?: readonly { name: string }[] };
  return snapshots.some(({ name }) => name === snapshot);
}

/** The format is named here as well; `qemu-img snapshot` takes it only as an image option. */
async function snapshot(
  context: BackendContext,
  act: '-c' | '-a' | '-d',
  path: string,
  request: DiskSnapshotRequest,
): Promise<void> {
  const { signal } = request;
  await withKey(context, request, async (key) => {
    const { flags, name } = keyedImage(path, key);
    await context.exec('qemu-img', ['snapshot', '-q', ...flags, act, request.snapshot, name], { signal });
  });
}

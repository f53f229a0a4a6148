import type { ImageBackend } from '../image-backend.ts';
import { failure } from '../failure.ts';
import { ImageBackendError } from '../errors.ts';
import type { BackendContext } from './backend-options.ts';
import { diskPath } from './disk-path.ts';
import { diskFileBytes } from './disk-size.ts';
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

interface OneSnapshot {
  readonly snapshot: string;
  readonly signal?: AbortSignal | undefined;
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
  { snapshot, signal }: OneSnapshot,
): Promise<boolean> {
  await diskFileBytes(path);
  const { stdout } = await exec('qemu-img', ['info', '--output=json', '-f', 'qcow2', path], { signal });
  const { snapshots = [] } = JSON.parse(stdout) as { snapshots?: readonly { name: string }[] };
  return snapshots.some(({ name }) => name === snapshot);
}

/** The format is named here as well; `qemu-img snapshot` takes it only as an image option. */
async function snapshot(
  { exec }: BackendContext,
  act: '-c' | '-a' | '-d',
  path: string,
  request: OneSnapshot,
): Promise<void> {
  const image = `driver=qcow2,file.filename=${path.replaceAll(',', ',,')}`;
  await exec('qemu-img', ['snapshot', '-q', '--image-opts', act, request.snapshot, image], { signal: request.signal });
}

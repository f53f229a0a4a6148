import { GiB, MiB } from './byte-units.ts';
import { withBase } from './cache/find-base.ts';
import { type BackendContext, type BackendOptions, backendContext, diskSource } from './disks/backend-options.ts';
import { noteDiskFormat } from './disks/disk-info.ts';
import { diskPath, unitsToBytes } from './disks/disk-path.ts';
import { diskFileBytes, mustGrow, newDiskBytes } from './disks/disk-size.ts';
import { growFileSystem } from './disks/file-system-growth.ts';
import { fillEmpty, fillFileSystem, fillSwap, preallocate } from './disks/fill-disk.ts';
import { chooseMkfs } from './disks/mkfs.ts';
import { extractDisk } from './disks/extract-disk.ts';
import { filesCannotClone } from './disks/clone-refusal.ts';
import { diskExists, makeDiskOf, removeDisk } from './disks/new-disk.ts';
import { rawSnapshots } from './disks/raw-snapshots.ts';
import { convertImage, resizeImage } from './disks/qemu-img.ts';
import { ImageBackendError } from './errors.ts';
import { failure } from './failure.ts';
import type { CreateDiskRequest, ImageBackend, ResizeDiskRequest } from './image-backend.ts';
import type { BaseImage } from './image-cache.ts';

/**
 * Disks that are plain files with all their bytes (Nova's Flat): a copy of the base, sharing blocks where the file
 * system can. Ephemeral disks and swap are made directly. Throws `ImageBackendError` `INVALID_REQUEST`.
 */
export function rawBackend(options: BackendOptions): ImageBackend {
  const context = backendContext(options);
  refuseEncryption(context);
  const source: ImageBackend['source'] = (disk) => diskSource(context, disk, 'raw');
  return {
    type: 'raw',
    capabilities: {
      format: 'raw',
      sharesBase: false,
      growsFileSystem: true,
      inInstancePath: true,
      clonesImages: false,
    },
    source,
    ...rawSnapshots(context),
    clone: async ({ disk }) => {
      throw filesCannotClone(source(disk).path);
    },
    async extract({ disk, ...request }) {
      const { path } = source(disk);
      await diskFileBytes(path);
      noteDiskFormat(path, 'raw');
      await extractDisk(context, { name: path, format: 'raw' }, request);
    },
    async create(request) {
      const { path } = source(request.disk);
      const sizeBytes = newDiskBytes(path, request);
      await makeDiskOf('raw', path, request.signal, async (draft) => {
        await fillFromBase(context, draft, { ...request, sizeBytes });
        // As in Nova: one that takes its image's size is left as it is.
        if (request.sizeBytes !== null) await preallocate(context, draft, { sizeBytes, signal: request.signal });
      });
      return source(request.disk);
    },
    async createEphemeral({ disk, gb, signal, ...wanted }) {
      const { path } = source(disk);
      const sizeBytes = unitsToBytes(path, gb, GiB);
      const mkfs = chooseMkfs(wanted, context);
      await makeDiskOf('raw', path, signal, async (draft) => {
        await fillFileSystem(context, draft, { sizeBytes, mkfs, signal });
        await preallocate(context, draft, { sizeBytes, signal });
      });
      return source(disk);
    },
    async createSwap({ disk, mb, signal }) {
      const { path } = source(disk);
      const sizeBytes = unitsToBytes(path, mb, MiB);
      await makeDiskOf('raw', path, signal, async (draft) => {
        await fillSwap(context, draft, { sizeBytes, signal });
        await preallocate(context, draft, { sizeBytes, signal });
      });
      return source(disk);
    },
    resize: (request) => resize(context, request),
    exists: async (disk) => diskExists(diskPath(context.instancesPath, disk)),
    remove: async (disk) => removeDisk(diskPath(context.instancesPath, disk)),
  };
}

/** As Nova: what encrypts disks is LUKS in qcow2, or the kernel below a volume. */
function refuseEncryption({ encryption }: BackendContext): void {
  if (!encryption) return;
  throw new ImageBackendError('INVALID_REQUEST', 'Raw files cannot be encrypted; use qcow2 or LVM, or no encryption');
}

async function fillFromBase(
  context: BackendContext,
  draft: string,
  { base, sizeBytes, signal, growFileSystem: grow = false }: CreateDiskRequest & { readonly sizeBytes: bigint },
): Promise<void> {
  if (!base) {
    await fillEmpty(draft, sizeBytes);
  } else {
    await withBase(base, context, signal, () => copyBase(context, base, draft, signal));
    if (sizeBytes > base.virtualSize) await resizeImage(context, draft, { format: 'raw', sizeBytes, signal });
    if (sizeBytes > base.virtualSize && grow) await growFileSystem(context, draft, signal);
  }
}

async function copyBase(
  context: BackendContext,
  { path, format }: BaseImage,
  draft: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (format === 'qcow2')
    await convertImage(context, { from: path, fromFormat: 'qcow2', to: draft, toFormat: 'raw', signal });
  else await context.exec('cp', ['--reflink=auto', '--sparse=auto', path, draft], { signal });
}

async function resize(context: BackendContext, request: ResizeDiskRequest): Promise<void> {
  const { disk, sizeBytes, signal, growFileSystem: grow = false } = request;
  const path = diskPath(context.instancesPath, disk);
  try {
    signal?.throwIfAborted();
    noteDiskFormat(path, 'raw');
    if (!mustGrow(path, await diskFileBytes(path), sizeBytes)) return;
    await resizeImage(context, path, { format: 'raw', sizeBytes, signal });
    if (grow) await growFileSystem(context, path, signal);
  } catch (cause) {
    throw failure(`grow the disk "${path}"`, cause, signal);
  }
}

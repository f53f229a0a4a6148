import { GiB, MiB } from './byte-units.ts';
import { type UsedBase, withBase } from './cache/find-base.ts';
import { type ScratchRequest, scratchBase } from './cache/scratch-base.ts';
import { type BackendContext, type BackendOptions, backendContext, diskSource } from './disks/backend-options.ts';
import { diskPath, unitsToBytes } from './disks/disk-path.ts';
import { diskFileBytes, mustGrow, newDiskBytes } from './disks/disk-size.ts';
import { fillFileSystem, fillSwap, preallocate } from './disks/fill-disk.ts';
import { chooseMkfs, ephemeralName } from './disks/mkfs.ts';
import { checkNewDisk, diskExists, makeDisk, removeDisk } from './disks/new-disk.ts';
import { createOverlay, type OverlayRequest, resizeImage } from './disks/qemu-img.ts';
import { failure } from './failure.ts';
import type { ImageBackend, ResizeDiskRequest } from './image-backend.ts';
import { inspectImage } from './inspection/inspect-image.ts';

/**
 * Disks that keep only what differs from their base in the image cache (Nova's Qcow2). Ephemeral disks and swap have
 * bases there as well, one for each size, file system and label. Throws `ImageBackendError` `INVALID_REQUEST`.
 */
export function qcow2Backend(options: BackendOptions): ImageBackend {
  const context = backendContext(options);
  const source: ImageBackend['source'] = (disk) => diskSource(context, disk, 'qcow2');
  return {
    type: 'qcow2',
    capabilities: { format: 'qcow2', sharesBase: true, growsFileSystem: false },
    source,
    async create({ disk, base, sizeBytes: wanted, signal }) {
      const { path } = source(disk);
      const sizeBytes = newDiskBytes(path, { ...(base && { base }), sizeBytes: wanted });
      const clusterBytes = base?.format === 'qcow2' ? base.inspection?.clusterBytes : undefined;
      await makeOverlay(context, path, { base: base && { ...base, clusterBytes }, sizeBytes, signal });
      return source(disk);
    },
    async createEphemeral({ disk, gb, signal, ...wanted }) {
      const sizeBytes = unitsToBytes(source(disk).path, gb, GiB);
      const mkfs = chooseMkfs(wanted, context);
      const fill = (part: string) => fillFileSystem(context, part, { sizeBytes, mkfs, signal });
      const scratch = { name: ephemeralName(gb, mkfs), role: 'ephemeral' as const, sizeBytes, fill, signal };
      await makeScratchDisk(context, source(disk).path, scratch);
      return source(disk);
    },
    async createSwap({ disk, mb, signal }) {
      const sizeBytes = unitsToBytes(source(disk).path, mb, MiB);
      const fill = (part: string) => fillSwap(context, part, { sizeBytes, signal });
      const scratch = { name: `swap_${mb}`, role: 'swap' as const, sizeBytes, fill, signal };
      await makeScratchDisk(context, source(disk).path, scratch);
      return source(disk);
    },
    resize: (request) => resize(context, request),
    exists: async (disk) => diskExists(diskPath(context.instancesPath, disk)),
    remove: async (disk) => removeDisk(diskPath(context.instancesPath, disk)),
  };
}

async function makeScratchDisk(context: BackendContext, path: string, request: ScratchRequest): Promise<void> {
  const { sizeBytes, signal } = request;
  await checkNewDisk(path);
  const base = await makeScratch(context, request);
  await makeOverlay(context, path, { base: { ...base, format: 'raw' }, sizeBytes, signal });
}

async function makeScratch(context: BackendContext, request: ScratchRequest): Promise<UsedBase> {
  try {
    return await scratchBase(context, request);
  } catch (cause) {
    throw failure(`make the ${request.role} base "${request.name}"`, cause, request.signal);
  }
}

/** The base is looked at again when the draft exists: from then on pruning sees that somebody depends on it. */
async function makeOverlay(
  context: BackendContext,
  path: string,
  overlay: OverlayRequest & { readonly base?: (NonNullable<OverlayRequest['base']> & UsedBase) | undefined },
): Promise<void> {
  const { base, sizeBytes, signal } = overlay;
  await makeDisk(path, signal, async (draft) => {
    const create = () => createOverlay(context, draft, overlay);
    await (base ? withBase(base, context, signal, create) : create());
    await preallocate(context, draft, { sizeBytes, signal });
  });
}

async function resize(context: BackendContext, { disk, sizeBytes, signal }: ResizeDiskRequest): Promise<void> {
  const path = diskPath(context.instancesPath, disk);
  try {
    signal?.throwIfAborted();
    await diskFileBytes(path);
    const { virtualSize } = await inspectImage(path, { signal });
    if (!mustGrow(path, virtualSize, sizeBytes)) return;
    await resizeImage(context, path, { format: 'qcow2', sizeBytes, signal });
  } catch (cause) {
    throw failure(`grow the disk "${path}"`, cause, signal);
  }
}

import { GiB, MiB } from './byte-units.ts';
import { type UsedBase, withBase } from './cache/find-base.ts';
import { type ScratchRequest, scratchBase } from './cache/scratch-base.ts';
import { type BackendContext, type BackendOptions, backendContext, diskSource } from './disks/backend-options.ts';
import { noteDiskFormat } from './disks/disk-info.ts';
import { diskPath, unitsToBytes } from './disks/disk-path.ts';
import { diskFileBytes, mustGrow, newDiskBytes } from './disks/disk-size.ts';
import { fillFileSystem, fillSwap, preallocate } from './disks/fill-disk.ts';
import { chooseMkfs, ephemeralNames } from './disks/mkfs.ts';
import { extractDisk } from './disks/extract-disk.ts';
import { withKey } from './disks/luks.ts';
import { filesCannotClone } from './disks/clone-refusal.ts';
import { checkNewDisk, diskExists, makeDiskOf, removeDisk } from './disks/new-disk.ts';
import { writeOverlay } from './disks/qcow2-overlay.ts';
import { qcow2Snapshots } from './disks/qcow2-snapshots.ts';
import { createOverlay, type OverlayRequest, resizeImage } from './disks/qemu-img.ts';
import { failure } from './failure.ts';
import type { DiskId, ImageBackend, ResizeDiskRequest } from './image-backend.ts';
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
    capabilities: {
      format: 'qcow2',
      sharesBase: true,
      growsFileSystem: false,
      inInstancePath: true,
      clonesImages: false,
    },
    source,
    ...qcow2Snapshots(context),
    clone: async ({ disk }) => {
      throw filesCannotClone(source(disk).path);
    },
    async extract({ disk, ...request }) {
      const { path } = source(disk);
      await diskFileBytes(path);
      noteDiskFormat(path, 'qcow2');
      await withKey(context, { disk, signal: request.signal }, (key) =>
        extractDisk(context, { name: path, format: 'qcow2', key }, request),
      );
    },
    async create({ disk, base, sizeBytes: wanted, signal }) {
      const { path } = source(disk);
      const sizeBytes = newDiskBytes(path, { ...(base && { base }), sizeBytes: wanted });
      const clusterBytes = base?.format === 'qcow2' ? base.inspection?.clusterBytes : undefined;
      await makeOverlay(context, disk, {
        base: base && { ...base, clusterBytes },
        sizeBytes,
        exact: wanted !== null,
        signal,
      });
      return source(disk);
    },
    async createEphemeral({ disk, gb, signal, ...wanted }) {
      const sizeBytes = unitsToBytes(source(disk).path, gb, GiB);
      const mkfs = chooseMkfs(wanted, context);
      const fill = (part: string) => fillFileSystem(context, part, { sizeBytes, mkfs, signal });
      const scratch = {
        names: ephemeralNames(gb, mkfs, context, wanted.osType),
        role: 'ephemeral' as const,
        content: `${mkfs.kind} ${mkfs.label}`,
        sizeBytes,
        fill,
        signal,
      };
      await makeScratchDisk(context, disk, scratch);
      return source(disk);
    },
    async createSwap({ disk, mb, signal }) {
      const sizeBytes = unitsToBytes(source(disk).path, mb, MiB);
      const fill = (part: string) => fillSwap(context, part, { sizeBytes, signal });
      const scratch = { names: [`swap_${mb}`], role: 'swap' as const, content: 'swap', sizeBytes, fill, signal };
      await makeScratchDisk(context, disk, scratch);
      return source(disk);
    },
    resize: (request) => resize(context, request),
    exists: async (disk) => diskExists(diskPath(context.instancesPath, disk)),
    remove: async (disk) => removeDisk(diskPath(context.instancesPath, disk)),
  };
}

async function makeScratchDisk(context: BackendContext, disk: DiskId, request: ScratchRequest): Promise<void> {
  const { sizeBytes, signal } = request;
  await checkNewDisk(diskPath(context.instancesPath, disk));
  const base = await makeScratch(context, request);
  await makeOverlay(context, disk, { base: { ...base, format: 'raw' }, sizeBytes, exact: true, signal });
}

async function makeScratch(context: BackendContext, request: ScratchRequest): Promise<UsedBase> {
  try {
    return await scratchBase(context, request);
  } catch (cause) {
    throw failure(`make the ${request.role} base "${request.names[0]}"`, cause, request.signal);
  }
}

/** The base is looked at again when the draft exists: from then on pruning sees that somebody depends on it. */
async function makeOverlay(
  context: BackendContext,
  disk: DiskId,
  overlay: OverlayRequest & {
    readonly base?: (NonNullable<OverlayRequest['base']> & UsedBase) | undefined;
    /** It has a size of its own, and not its image's. */
    readonly exact: boolean;
  },
): Promise<void> {
  const { base, sizeBytes, exact, signal } = overlay;
  await makeDiskOf('qcow2', diskPath(context.instancesPath, disk), signal, async (draft) => {
    const create = () => withKey(context, { disk, signal }, (key) => fill(context, draft, { ...overlay, key }));
    await (base ? withBase(base, context, signal, create) : create());
    // As in Nova: one that takes its image's size is left as it is.
    if (exact) await preallocate(context, draft, { sizeBytes, signal });
  });
}

async function fill(context: BackendContext, draft: string, overlay: OverlayRequest): Promise<void> {
  if (!(await writeOverlay(draft, overlay))) await createOverlay(context, draft, overlay);
}

async function resize(context: BackendContext, { disk, sizeBytes, signal }: ResizeDiskRequest): Promise<void> {
  const path = diskPath(context.instancesPath, disk);
  try {
    signal?.throwIfAborted();
    await diskFileBytes(path);
    const { virtualSize } = await inspectImage(path, { signal });
    noteDiskFormat(path, 'qcow2');
    if (!mustGrow(path, virtualSize, sizeBytes)) return;
    await withKey(context, { disk, signal }, (key) =>
      resizeImage(context, path, { format: 'qcow2', sizeBytes, key, signal }),
    );
  } catch (cause) {
    throw failure(`grow the disk "${path}"`, cause, signal);
  }
}

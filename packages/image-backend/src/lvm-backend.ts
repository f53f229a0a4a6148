import { GiB, MiB } from './byte-units.ts';
import { type UsedBase, withBase } from './cache/find-base.ts';
import { type ScratchRequest, scratchBase } from './cache/scratch-base.ts';
import type { BlockDiskSource } from './disk-source.ts';
import { notClonable } from './disks/clone-refusal.ts';
import { unitsToBytes } from './disks/disk-path.ts';
import { mustGrow, newDiskBytes } from './disks/disk-size.ts';
import { extractDisk } from './disks/extract-disk.ts';
import { growFileSystem } from './disks/file-system-growth.ts';
import { fillSwap } from './disks/fill-disk.ts';
import { chooseMkfs, type Mkfs } from './disks/mkfs.ts';
import { convertImage } from './disks/qemu-img.ts';
import { failure } from './failure.ts';
import type { CreateDiskRequest, DiskId, ImageBackend, RenamesDisks, ResizeDiskRequest } from './image-backend.ts';
import type { BaseImage } from './image-cache.ts';
import { zeroRest } from './lvm/clear-volume.ts';
import { type LvmBackendOptions, type LvmContext, lvmContext, type VolumeOptions } from './lvm/lvm-options.ts';
import { makeVolume } from './lvm/make-volume.ts';
import { moveVolume } from './lvm/move-volume.ts';
import { removeVolumes } from './lvm/remove-volumes.ts';
import { checkNewVolume, extendVolume, findVolume, needVolume, wholeExtents } from './lvm/volume.ts';
import { closeMap, growMap, openMap, openPath } from './lvm/volume-map.ts';
import { volumeOf, volumeSpec } from './lvm/volume-name.ts';
import { volumeSnapshots } from './lvm/volume-snapshots.ts';

/** Disks that are logical volumes, and what can be done with them only there. */
export interface LvmBackend extends ImageBackend<BlockDiskSource>, RenamesDisks {
  /** Makes the device that decrypts a disk, which is gone after the host was started anew. Idempotent. Throws `DISK_NOT_FOUND`. */
  unlock(disk: DiskId, options?: VolumeOptions): Promise<BlockDiskSource>;
  /** Takes that device away; the disk stays. Idempotent. Throws `DISK_BUSY`. */
  lock(disk: DiskId, options?: VolumeOptions): Promise<void>;
}

/**
 * Disks that are logical volumes of a volume group (Nova's Lvm), made by LVM's own programs; sizes are rounded up to
 * whole extents. Throws `ImageBackendError` `INVALID_REQUEST`.
 */
export function lvmBackend(options: LvmBackendOptions): LvmBackend {
  const context = lvmContext(options);
  const specOf = (disk: DiskId) => volumeSpec(volumeOf(context, disk));
  const source = (disk: DiskId) => sourceOf(context, disk);
  return {
    type: 'lvm',
    capabilities: {
      format: 'raw',
      sharesBase: false,
      growsFileSystem: true,
      inInstancePath: false,
      clonesImages: false,
    },
    source,
    ...volumeSnapshots(context),
    async create(request) {
      const sizeBytes = newDiskBytes(specOf(request.disk), request);
      await makeDisk(context, { ...request, sizeBytes });
      return source(request.disk);
    },
    async createEphemeral({ disk, gb, signal, ...wanted }) {
      const sizeBytes = unitsToBytes(specOf(disk), gb, GiB);
      const mkfs = chooseMkfs(wanted, context);
      await makeEphemeral(context, disk, { sizeBytes, mkfs, signal });
      return source(disk);
    },
    async createSwap({ disk, mb, signal }) {
      const sizeBytes = unitsToBytes(specOf(disk), mb, MiB);
      const fill = (part: string) => fillSwap(context, part, { sizeBytes, signal });
      await makeSwap(context, disk, { names: [`swap_${mb}`], role: 'swap', content: 'swap', sizeBytes, fill, signal });
      return source(disk);
    },
    clone: async ({ disk }) => {
      throw notClonable(specOf(disk), 'its storage is a volume group of this host');
    },
    resize: (request) => resize(context, request),
    async extract({ disk, ...request }) {
      await needVolume(context, volumeOf(context, disk), request);
      const name = await openMap(context, volumeOf(context, disk), { disk, signal: request.signal });
      await extractDisk(context, { name, format: 'raw' }, request);
    },
    exists: async (disk) => (await findVolume(context, volumeOf(context, disk), {})) !== undefined,
    remove: async (disk) => removeVolumes(context, volumeOf(context, disk)),
    rename: ({ disk, name, signal }) =>
      moveVolume(context, volumeOf(context, disk), volumeOf(context, { ...disk, name }), { signal }),
    async unlock(disk, request = {}) {
      await needVolume(context, volumeOf(context, disk), request);
      await openMap(context, volumeOf(context, disk), { disk, ...request });
      return source(disk);
    },
    lock: async (disk, request = {}) => closeMap(context, volumeOf(context, disk), request),
  };
}

function sourceOf(context: LvmContext, disk: DiskId): BlockDiskSource {
  const { sparseLogicalVolumes, hwDiskDiscard } = context;
  return {
    type: 'block',
    path: openPath(context, volumeOf(context, disk)),
    format: 'raw',
    ...(sparseLogicalVolumes ? {} : { driverIo: 'native' }),
    ...(hwDiskDiscard ? { discard: hwDiskDiscard } : {}),
  };
}

async function makeDisk(context: LvmContext, request: CreateDiskRequest & { readonly sizeBytes: bigint }) {
  const { disk, base, sizeBytes, signal, growFileSystem: grow = false } = request;
  const volume = volumeOf(context, disk);
  const isThin = context.sparseLogicalVolumes === true;
  signal?.throwIfAborted();
  await checkNewVolume(context, volume, { signal });
  const filledBytes = base?.virtualSize ?? 0n;
  await makeVolume(context, volume, {
    disk,
    sizeBytes,
    filledBytes,
    signal,
    async fill(device, bytes) {
      if (base) await withBase(base, context, signal, () => copyBase(context, base, device, signal));
      await zeroRest(context, device, { from: wholeSectors(filledBytes), bytes, isThin, signal });
      if (base && grow && sizeBytes > filledBytes) await growFileSystem(context, device, signal);
    },
  });
}

async function copyBase(
  context: LvmContext,
  { path, format }: Pick<BaseImage, 'path' | 'format'>,
  device: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const onto = context.sparseLogicalVolumes ? 'zeros' : 'anything';
  await convertImage(context, { from: path, fromFormat: format, to: device, toFormat: 'raw', onto, signal });
}

async function makeEphemeral(
  context: LvmContext,
  disk: DiskId,
  { sizeBytes, mkfs, signal }: { readonly sizeBytes: bigint; readonly mkfs: Mkfs } & VolumeOptions,
): Promise<void> {
  const volume = volumeOf(context, disk);
  const isThin = context.sparseLogicalVolumes === true;
  signal?.throwIfAborted();
  await checkNewVolume(context, volume, { signal });
  await makeVolume(context, volume, {
    disk,
    sizeBytes,
    // Tables and journals, which are written at once.
    filledBytes: sizeBytes / 16n,
    signal,
    async fill(device, bytes) {
      await zeroRest(context, device, { from: 0n, bytes, isThin, signal });
      await context.exec(mkfs.program, mkfs.args(device), { signal });
    },
  });
}

async function makeSwap(context: LvmContext, disk: DiskId, request: ScratchRequest): Promise<void> {
  const { sizeBytes, signal } = request;
  const isThin = context.sparseLogicalVolumes === true;
  signal?.throwIfAborted();
  await checkNewVolume(context, volumeOf(context, disk), { signal });
  const base: UsedBase = await scratchBase(context, request).catch((cause) => {
    throw failure(`make the swap base "${request.names[0]}"`, cause, signal);
  });
  await makeVolume(context, volumeOf(context, disk), {
    disk,
    sizeBytes,
    filledBytes: 0n,
    signal,
    async fill(device, bytes) {
      await withBase(base, context, signal, () => copyBase(context, { ...base, format: 'raw' }, device, signal));
      await zeroRest(context, device, { from: sizeBytes, bytes, isThin, signal });
    },
  });
}

async function resize(context: LvmContext, request: ResizeDiskRequest): Promise<void> {
  const { disk, sizeBytes, signal, growFileSystem: grow = false } = request;
  const volume = volumeOf(context, disk);
  const { bytes: from, kind } = await needVolume(context, volume, { signal });
  const bytes = await wholeExtents(context, volume, sizeBytes, { signal });
  // A size within its last extent is the size that it has.
  if (!mustGrow(volumeSpec(volume), bytes === from ? sizeBytes : from, sizeBytes)) return;
  await extendVolume(context, volume, bytes, { signal });
  const device = await openMap(context, volume, { disk, signal });
  await growMap(context, volume, { signal });
  await zeroRest(context, device, { from, bytes, isThin: kind === 'thin', signal });
  if (grow) await growFileSystem(context, device, signal);
}

function wholeSectors(bytes: bigint): bigint {
  return ((bytes + 511n) / 512n) * 512n;
}

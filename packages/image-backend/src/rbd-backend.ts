import { GiB, MiB } from './byte-units.ts';
import { type UsedBase, withBase } from './cache/find-base.ts';
import { type ScratchRequest, scratchBase } from './cache/scratch-base.ts';
import type { RbdDiskSource } from './disk-source.ts';
import { unitsToBytes } from './disks/disk-path.ts';
import { mustGrow, newDiskBytes } from './disks/disk-size.ts';
import { extractDisk } from './disks/extract-disk.ts';
import { fillFileSystem, fillSwap } from './disks/fill-disk.ts';
import { chooseMkfs, ephemeralNames } from './disks/mkfs.ts';
import { convertImage } from './disks/qemu-img.ts';
import { failure } from './failure.ts';
import type { DiskId, ImageBackend, RenamesDisks } from './image-backend.ts';
import type { BaseImage } from './image-cache.ts';
import { cloneDisk } from './rbd/rbd-clone.ts';
import { ENOENT, rbd } from './rbd/rbd-command.ts';
import { exportRbdImage, type ExportImageRequest, removeExportedImage } from './rbd/rbd-export.ts';
import {
  checkNewRbdImage,
  createRbdImage,
  growRbdImage,
  importRbdImage,
  makeRbdImage,
  moveRbdImage,
  rbdImageBytes,
  rbdImageNotFound,
  type RbdImageOptions,
  removeRbdDrafts,
  removeRbdImage,
} from './rbd/rbd-image.ts';
import { type RbdImage, rbdImageOf, rbdQemuName, rbdSpec } from './rbd/rbd-name.ts';
import { type RbdBackendOptions, type RbdContext, rbdContext } from './rbd/rbd-options.ts';
import { rbdSnapshots } from './rbd/rbd-snapshots.ts';

/** Disks in a Ceph cluster, and what can be done with them only there. */
export interface RbdBackend extends ImageBackend<RbdDiskSource>, RenamesDisks {
  /** Puts a file, such as a config drive, in the place of a disk; one that is there is replaced. The file stays. */
  importFile(request: { readonly disk: DiskId; readonly path: string } & RbdImageOptions): Promise<RbdDiskSource>;
  /** Makes a clone independent of its image. Throws `DISK_NOT_FOUND`. */
  flatten(disk: DiskId, options?: RbdImageOptions): Promise<void>;
  /** Makes an image for the image service of a disk, inside the cluster; answers its location. */
  exportImage(request: { readonly disk: DiskId } & ExportImageRequest): Promise<string>;
  /** Takes such an image away. Idempotent. */
  removeExportedImage(location: string, options?: RbdImageOptions): Promise<void>;
}

/**
 * Disks that are images of a Ceph cluster (Nova's Rbd), made by the `rbd` program: cloned from images that lie there,
 * else imported from the image cache. Throws `ImageBackendError` `INVALID_REQUEST`.
 */
export function rbdBackend(options: RbdBackendOptions): RbdBackend {
  const context = rbdContext(options);
  const imageOf = (disk: DiskId) => rbdImageOf(context, disk);
  const source = (disk: DiskId) => sourceOf(context, imageOf(disk));
  return {
    type: 'rbd',
    capabilities: {
      format: 'raw',
      sharesBase: false,
      growsFileSystem: false,
      inInstancePath: false,
      clonesImages: true,
    },
    source,
    ...rbdSnapshots(context),
    async create({ disk, base, sizeBytes: wanted, signal }) {
      const image = imageOf(disk);
      const sizeBytes = newDiskBytes(rbdSpec(image), { ...(base && { base }), sizeBytes: wanted });
      signal?.throwIfAborted();
      await checkNewRbdImage(context, image, { signal });
      if (base) await makeFromBase(context, image, { base, sizeBytes, signal });
      else
        await makeRbdImage(context, image, { signal }, (draft) =>
          createRbdImage(context, draft, sizeBytes, { signal }),
        );
      return source(disk);
    },
    async createEphemeral({ disk, gb, signal, ...wanted }) {
      const image = imageOf(disk);
      const sizeBytes = unitsToBytes(rbdSpec(image), gb, GiB);
      const mkfs = chooseMkfs(wanted, context);
      const fill = (part: string) => fillFileSystem(context, part, { sizeBytes, mkfs, signal });
      await makeScratchDisk(context, image, {
        names: ephemeralNames(gb, mkfs, context, wanted.osType),
        role: 'ephemeral',
        content: `${mkfs.kind} ${mkfs.label}`,
        sizeBytes,
        fill,
        signal,
      });
      return source(disk);
    },
    async createSwap({ disk, mb, signal }) {
      const image = imageOf(disk);
      const sizeBytes = unitsToBytes(rbdSpec(image), mb, MiB);
      const fill = (part: string) => fillSwap(context, part, { sizeBytes, signal });
      await makeScratchDisk(context, image, {
        names: [`swap_${mb}`],
        role: 'swap',
        content: 'swap',
        sizeBytes,
        fill,
        signal,
      });
      return source(disk);
    },
    async clone(request) {
      await cloneDisk(context, request);
      return source(request.disk);
    },
    async resize({ disk, sizeBytes, signal }) {
      const image = imageOf(disk);
      const bytes = await rbdImageBytes(context, image, { signal });
      if (bytes === undefined) throw rbdImageNotFound(image);
      if (mustGrow(rbdSpec(image), bytes, sizeBytes)) await growRbdImage(context, image, sizeBytes, { signal });
    },
    async extract({ disk, ...request }) {
      const image = imageOf(disk);
      if ((await rbdImageBytes(context, image, request)) === undefined) throw rbdImageNotFound(image);
      await extractDisk(context, { name: rbdQemuName(context, image), format: 'raw' }, request);
    },
    exists: async (disk) => (await rbdImageBytes(context, imageOf(disk), {})) !== undefined,
    async remove(disk) {
      const image = imageOf(disk);
      await Promise.all([removeRbdImage(context, image, {}), removeRbdDrafts(context, image, {})]);
    },
    rename: ({ disk, name, signal }) => moveRbdImage(context, imageOf(disk), imageOf({ ...disk, name }), { signal }),
    async importFile({ disk, path, signal }) {
      await replaceByFile(context, imageOf(disk), path, { signal });
      return source(disk);
    },
    flatten: (disk, request = {}) => flatten(context, imageOf(disk), request),
    exportImage: async ({ disk, ...request }) => exportRbdImage(context, imageOf(disk), request),
    removeExportedImage: (location, request) => removeExportedImage(context, location, request),
  };
}

function sourceOf({ rbdUser, rbdSecretUuid, cluster, hwDiskDiscard }: RbdContext, image: RbdImage): RbdDiskSource {
  return {
    type: 'network',
    protocol: 'rbd',
    name: rbdSpec(image),
    format: 'raw',
    hosts: cluster.monitors,
    ...(rbdSecretUuid === undefined
      ? {}
      : { auth: { username: rbdUser ?? 'admin', secretType: 'ceph', secretUuid: rbdSecretUuid } }),
    ...(hwDiskDiscard ? { discard: hwDiskDiscard } : {}),
  };
}

interface BaseRequest {
  readonly base: UsedBase & Pick<BaseImage, 'format' | 'virtualSize'>;
  readonly sizeBytes: bigint;
  readonly signal: AbortSignal | undefined;
}

async function makeFromBase(context: RbdContext, image: RbdImage, { base, sizeBytes, signal }: BaseRequest) {
  await makeRbdImage(context, image, { signal }, async (draft) => {
    await withBase(base, context, signal, () => importBase(context, base, draft, signal));
    if (sizeBytes > base.virtualSize) await growRbdImage(context, draft, sizeBytes, { signal });
  });
}

async function importBase(
  context: RbdContext,
  { path, format }: BaseRequest['base'],
  draft: RbdImage,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (format === 'raw') return importRbdImage(context, path, draft, { signal });
  const to = rbdQemuName(context, draft);
  await convertImage(context, { from: path, fromFormat: 'qcow2', to, toFormat: 'raw', signal }).catch((cause) => {
    throw failure(`import "${path}" as the image "${rbdSpec(draft)}"`, cause, signal);
  });
}

async function makeScratchDisk(context: RbdContext, image: RbdImage, request: ScratchRequest): Promise<void> {
  const { sizeBytes, signal } = request;
  await checkNewRbdImage(context, image, { signal });
  const base = await scratchBase(context, request).catch((cause) => {
    throw failure(`make the ${request.role} base "${request.names[0]}"`, cause, signal);
  });
  await makeFromBase(context, image, { base: { ...base, format: 'raw', virtualSize: sizeBytes }, sizeBytes, signal });
}

/** The old one goes when the new one is complete. */
async function replaceByFile(context: RbdContext, image: RbdImage, path: string, { signal }: RbdImageOptions) {
  await makeRbdImage(context, image, { signal }, async (draft) => {
    await importRbdImage(context, path, draft, { signal });
    await removeRbdImage(context, image, { signal });
  });
}

async function flatten(context: RbdContext, image: RbdImage, { signal }: RbdImageOptions): Promise<void> {
  const what = `make the image "${rbdSpec(image)}" independent`;
  const args = ['flatten', '--no-progress', rbdSpec(image)];
  const { exitCode, stderr } = await rbd(context, args, { what, signal, answers: [ENOENT, 22] });
  if (exitCode === ENOENT) throw rbdImageNotFound(image);
  if (exitCode === 22 && !/no parent/.test(stderr)) await rbd(context, args, { what, signal });
}

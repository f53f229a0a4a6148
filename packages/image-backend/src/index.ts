/**
 * Disk images that can be trusted: fetched once, checked, inspected in-process and cached; instance disks made from
 * them.
 *
 * @packageDocumentation
 */
export type { CacheLimits } from './cache/cache-context.ts';
export type { Checksum } from './checksum.ts';
export { cloneOrCreate, type CloneOrCreateRequest } from './clone-or-create.ts';
export type { BlockDiskSource, DiskSource, FileDiskSource, RbdAuth, RbdDiskSource, RbdMonitor } from './disk-source.ts';
export type { BackendOptions } from './disks/backend-options.ts';
export type { LuksEncryption } from './disks/luks.ts';
export type { MkfsConfig } from './disks/mkfs.ts';
export { ImageBackendError, type ImageBackendErrorCode } from './errors.ts';
export type {
  BackendCapabilities,
  CloneDiskRequest,
  CreateDiskRequest,
  CreateEphemeralRequest,
  CreateSwapRequest,
  DiskId,
  DiskSnapshotRequest,
  ExtractDiskRequest,
  ImageBackend,
  RenameDiskRequest,
  RenamesDisks,
  ResizeDiskRequest,
} from './image-backend.ts';
export type {
  BaseImage,
  CachedImage,
  ImageCache,
  ImageKind,
  PruneReport,
  PruneRequest,
  PullRequest,
  VerifyResult,
} from './image-cache.ts';
export type { GlanceImage } from './fetch/glance-image.ts';
export { readGlanceImage } from './fetch/glance-source.ts';
export type { FileSource, GlanceSource, HttpSource, ImageSource, RbdSource } from './image-source.ts';
export type { ImageContents, ImageFormat, ImageHazard, ImageInspection } from './inspection/image-inspection.ts';
export { inspectImage, inspectionBytes } from './inspection/inspect-image.ts';
export { type ImageCacheOptions, openImageCache } from './open-image-cache.ts';
export type { LvmBackendOptions, VolumeEncryption } from './lvm/lvm-options.ts';
export { readVolumeGroup, type VolumeGroup } from './lvm/volume-group.ts';
export { type LvmBackend, lvmBackend } from './lvm-backend.ts';
export type { DownloadProgress, ImageProgress, OnImageProgress } from './progress.ts';
export { qcow2Backend } from './qcow2-backend.ts';
export { rawBackend } from './raw-backend.ts';
export type { ExportImageRequest } from './rbd/rbd-export.ts';
export { readRbdCluster } from './rbd/rbd-cluster.ts';
export { parseRbdLocation, type RbdLocation } from './rbd/rbd-location.ts';
export { readRbdPool } from './rbd/rbd-pool.ts';
export type { RbdBackendOptions, RbdClient, RbdCluster } from './rbd/rbd-options.ts';
export { type RbdBackend, rbdBackend } from './rbd-backend.ts';

/**
 * Disk images that can be trusted: fetched once, checked, inspected in-process and cached; instance disks made from
 * them.
 *
 * @packageDocumentation
 */
export type { CacheLimits } from './cache/cache-context.ts';
export type { Checksum } from './checksum.ts';
export type { DiskSource } from './disk-source.ts';
export type { BackendOptions } from './disks/backend-options.ts';
export type { MkfsConfig } from './disks/mkfs.ts';
export { ImageBackendError, type ImageBackendErrorCode } from './errors.ts';
export type {
  BackendCapabilities,
  CreateDiskRequest,
  CreateEphemeralRequest,
  CreateSwapRequest,
  DiskId,
  ImageBackend,
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
export type { FileSource, HttpSource, ImageSource } from './image-source.ts';
export type { ImageContents, ImageFormat, ImageHazard, ImageInspection } from './inspection/image-inspection.ts';
export { inspectImage, inspectionBytes } from './inspection/inspect-image.ts';
export { type ImageCacheOptions, openImageCache } from './open-image-cache.ts';
export type { DownloadProgress, ImageProgress, OnImageProgress } from './progress.ts';
export { qcow2Backend } from './qcow2-backend.ts';
export { rawBackend } from './raw-backend.ts';

import type { ImageInspection } from './inspection/image-inspection.ts';
import type { Checksum } from './checksum.ts';
import type { ImageSource } from './image-source.ts';
import type { OnImageProgress } from './progress.ts';

/** Disks are inspected; kernels and ramdisks are any bytes but none (as in Nova). */
export type ImageKind = 'disk' | 'kernel' | 'ramdisk';

export interface PullRequest {
  readonly source: ImageSource;
  /**
   * Names the image in the cache: its file is `_base/<sha1 of the id>`, as Nova's. Whatever has one id must always have
   * one content. Default: the id in the image service; else the checksum if there is one; else for a file its path,
   * inode, size and modification time; else the URL, whose content is then fetched only once.
   */
  readonly imageId?: string;
  /**
   * What the image service calls it (`disk_format`), which is asked itself where it is the source. Undeclared content
   * must be recognisable. Disks only.
   */
  readonly declaredFormat?: string;
  readonly kind: ImageKind;
  /** Refuses anything larger while it arrives. Default: the cache's. */
  readonly maxBytes?: bigint;
  readonly onProgress?: OnImageProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An image in the cache, complete and checked. Never written again: disks depend on it. */
export interface BaseImage {
  /** Of the file in the cache directory. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** What tools and guests open it as; an ISO image is raw. */
  readonly format: 'raw' | 'qcow2';
  /** Bytes the guest sees. */
  readonly virtualSize: bigint;
  readonly fileBytes: bigint;
  /** Of the whole file. */
  readonly sha256: string;
  /** Missing for kernels and ramdisks. */
  readonly inspection?: ImageInspection;
  /** False when this pull fetched it. */
  readonly fromCache: boolean;
}

/** One file of the cache. */
export interface CachedImage {
  readonly name: string;
  readonly path: string;
  /** `unknown`: not made by this cache, or left by something that was killed. */
  readonly role: 'image' | 'ephemeral' | 'swap' | 'leftover' | 'unknown';
  readonly imageId?: string;
  readonly fileBytes: bigint;
  /** Blocks it really takes. */
  readonly allocatedBytes: bigint;
  /** Milliseconds since the epoch. */
  readonly lastUsedMs: number;
  /** Disks below the instances path whose backing file it is, or may be: those that cannot be read count. */
  readonly usedBy: readonly string[];
}

export type VerifyResult =
  | { readonly state: 'good'; readonly name: string; readonly sha256: string }
  | { readonly state: 'missing'; readonly name: string }
  | { readonly state: 'unknown'; readonly name: string; readonly reason: string }
  | { readonly state: 'changed'; readonly name: string; readonly expected: Checksum; readonly actual: Checksum };

export interface PruneRequest {
  /** Unused files that were last used longer ago than this go. Default: 24 hours, as in Nova. */
  readonly minAgeMs?: number;
  /** Image ids that stay whatever their age, and count as used now. */
  readonly keep?: readonly string[];
  /** The same by names in the cache: `swap_64`, `ephemeral_1_40d1d2c`. */
  readonly keepBases?: readonly string[];
  /** Tells what would go, and removes nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface PruneReport {
  readonly removed: readonly CachedImage[];
  readonly freedBytes: bigint;
}

/** Base images, each fetched once for all tasks and processes that share the instances path. */
export interface ImageCache {
  /** `{instances}/_base`. */
  readonly directory: string;
  /**
   * The image of the request, fetched unless it is there. Throws `ImageBackendError` `SOURCE_UNREADABLE`,
   * `CHECKSUM_MISMATCH`, `FORMAT_MISMATCH`, `FORMAT_UNSUPPORTED`, `UNSAFE_IMAGE`, `NOT_AN_IMAGE`, `TOO_LARGE`,
   * `NO_SPACE`, `BASE_IN_USE`, `STORAGE_FAILED`, `TOOL_MISSING`, `TOOL_FAILED`, `INVALID_REQUEST`, an `EffectsError` of
   * the lock, or the signal's reason; then nothing was published.
   */
  pull(request: PullRequest): Promise<BaseImage>;
  /**
   * What `pull` would answer from the cache, or undefined where it would fetch; writes nothing and asks nobody on the
   * network. Throws what `pull` throws about an image that is there, `INVALID_REQUEST`, and `SOURCE_UNREADABLE`.
   */
  peek(request: PullRequest): Promise<BaseImage | undefined>;
  /** Reads a whole cached image again and compares it with what was fetched. Changes nothing. */
  verify(name: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<VerifyResult>;
  list(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly CachedImage[]>;
  /** Removes what is old and unused, and what killed pulls left. Skips what somebody is just working on. */
  prune(request?: PruneRequest): Promise<PruneReport>;
}

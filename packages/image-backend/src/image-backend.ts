import type { DiskSource } from './disk-source.ts';
import type { BaseImage } from './image-cache.ts';

/** A disk of an instance. Files live at `{instances}/<instanceId>/<name>`, Nova's layout. */
export interface DiskId {
  readonly instanceId: string;
  /** `disk`, `disk.local`, `disk.eph0`, `disk.swap`, … */
  readonly name: string;
}

/** What a backend can do, to ask instead of its name. */
export interface BackendCapabilities {
  /** Format of its disks. */
  readonly format: 'raw' | 'qcow2';
  /** Disks depend on their base image, which must stay. */
  readonly sharesBase: boolean;
  /** File systems can be grown on the host together with their disk. */
  readonly growsFileSystem: boolean;
}

export interface CreateDiskRequest {
  readonly disk: DiskId;
  /** Without one the disk is empty. */
  readonly base?: BaseImage;
  /** What the guest sees. Null: as large as the base (Nova's flavor without root size). */
  readonly sizeBytes: bigint | null;
  /** Grows an ext file system that fills a raw image, as Nova does. Default false. */
  readonly growFileSystem?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface CreateEphemeralRequest {
  readonly disk: DiskId;
  readonly gb: number;
  /** Of the file system: `ephemeral0`, … */
  readonly label: string;
  readonly osType?: string | null | undefined;
  /** ext2, ext3, ext4 or xfs: what a request may ask for per disk. */
  readonly format?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CreateSwapRequest {
  readonly disk: DiskId;
  readonly mb: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ResizeDiskRequest {
  readonly disk: DiskId;
  readonly sizeBytes: bigint;
  readonly growFileSystem?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Disks of instances in one kind of storage. Each create is atomic: the disk is there, complete and synced, or nothing
 * is. They throw `ImageBackendError` `DISK_EXISTS`, `INSTANCE_PATH_MISSING`, `INVALID_REQUEST`, `NO_SPACE`,
 * `STORAGE_FAILED`, `TOOL_MISSING`, `TOOL_FAILED`, an `EffectsError` of a lock, or the signal's reason.
 */
export interface ImageBackend {
  readonly type: 'raw' | 'qcow2';
  readonly capabilities: BackendCapabilities;
  /** Also throws `DISK_TOO_SMALL` and `BASE_CHANGED`. */
  create(request: CreateDiskRequest): Promise<DiskSource>;
  /** Also throws `BASE_IN_USE` where ephemeral disks have bases; so does `createSwap`. */
  createEphemeral(request: CreateEphemeralRequest): Promise<DiskSource>;
  createSwap(request: CreateSwapRequest): Promise<DiskSource>;
  /** Grows a disk that no guest has open; the size it has already is fine. Throws `CANNOT_SHRINK`, `DISK_NOT_FOUND`. */
  resize(request: ResizeDiskRequest): Promise<void>;
  exists(disk: DiskId): Promise<boolean>;
  /** Where the disk is or would be; looks at nothing. */
  source(disk: DiskId): DiskSource;
  /** Also what a killed create of it left. Idempotent; never touches the base image. */
  remove(disk: DiskId): Promise<void>;
}

import type { DiskSource, FileDiskSource } from './disk-source.ts';
import type { BaseImage } from './image-cache.ts';

/**
 * A disk of an instance. Files live at `{instances}/<instanceId>/<name>`, RBD images and volumes at `<instanceId>_<name>`,
 * as Nova's.
 */
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
  /** Disks lie in the directory of their instance, which must be there. */
  readonly inInstancePath: boolean;
  /** `clone` can make disks of images that the storage holds itself. */
  readonly clonesImages: boolean;
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

export interface CloneDiskRequest {
  readonly disk: DiskId;
  /** Where the image service has the image: `rbd://fsid/pool/image/snapshot`, percent-encoded. The first that fits is used. */
  readonly locations: readonly string[];
  /** What the image service calls it (`disk_format`): only raw bytes can be a disk without conversion. */
  readonly imageFormat: string;
  /** Its size as the image service tells it; the storage is asked when missing. */
  readonly imageBytes?: bigint | undefined;
  /** What the guest sees. Null: as large as the image. */
  readonly sizeBytes: bigint | null;
  readonly signal?: AbortSignal | undefined;
}

export interface DiskSnapshotRequest {
  readonly disk: DiskId;
  /** 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter. */
  readonly snapshot: string;
  readonly signal?: AbortSignal | undefined;
}

export interface RenameDiskRequest {
  readonly disk: DiskId;
  /** Its new name, of the same instance. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

/** What backends can do whose disks lie outside of the instance's directory, where nobody else can rename them. */
export interface RenamesDisks {
  /**
   * Gives a disk another name, and its snapshots go with it. Idempotent: completes what a killed renaming left. Throws
   * `DISK_EXISTS`, `DISK_NOT_FOUND`.
   */
  rename(request: RenameDiskRequest): Promise<void>;
}

export interface ExtractDiskRequest {
  readonly disk: DiskId;
  /** Absolute; must not be there. */
  readonly target: string;
  readonly format: 'raw' | 'qcow2';
  /** Only qcow2 can be. Default false. */
  readonly compress?: boolean;
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
 * `STORAGE_FAILED`, `STORAGE_UNREACHABLE`, `TOOL_MISSING`, `TOOL_FAILED`, an `EffectsError` of a lock, or the signal's
 * reason. What works on a disk that is there wants that no guest has it open, and throws `DISK_NOT_FOUND` or `DISK_BUSY`.
 */
export interface ImageBackend<Source extends DiskSource = FileDiskSource> {
  readonly type: 'raw' | 'qcow2' | 'lvm' | 'rbd';
  readonly capabilities: BackendCapabilities;
  /** Also throws `DISK_TOO_SMALL` and `BASE_CHANGED`. */
  create(request: CreateDiskRequest): Promise<Source>;
  /** Also throws `BASE_IN_USE` where ephemeral disks have bases; so does `createSwap`. */
  createEphemeral(request: CreateEphemeralRequest): Promise<Source>;
  createSwap(request: CreateSwapRequest): Promise<Source>;
  /**
   * A disk of an image that the storage holds, without its bytes coming here. Throws `NOT_CLONABLE` where that cannot
   * be, and then an image cache can help; `DISK_TOO_SMALL`.
   */
  clone(request: CloneDiskRequest): Promise<Source>;
  /** Grows a disk; the size it has already is fine. Throws `CANNOT_SHRINK`. */
  resize(request: ResizeDiskRequest): Promise<void>;
  /** Keeps what the disk is now. Throws `SNAPSHOT_EXISTS`. */
  createSnapshot(request: DiskSnapshotRequest): Promise<void>;
  /** Makes the disk what it was; the snapshot stays. Throws `SNAPSHOT_NOT_FOUND`. */
  rollback(request: DiskSnapshotRequest): Promise<void>;
  /** Idempotent, also where there is no disk. */
  removeSnapshot(request: DiskSnapshotRequest): Promise<void>;
  /** Writes what the guest sees of a disk into a file that depends on nothing (Nova's snapshot_extract). */
  extract(request: ExtractDiskRequest): Promise<void>;
  exists(disk: DiskId): Promise<boolean>;
  /** Where the disk is or would be; looks at nothing. */
  source(disk: DiskId): Source;
  /** Also its snapshots, and what a killed create of it left. Idempotent; never touches the base image. */
  remove(disk: DiskId): Promise<void>;
}

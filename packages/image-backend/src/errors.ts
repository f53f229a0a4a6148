/** What went wrong in this package, to branch on. */
export type ImageBackendErrorCode =
  /** A name, path, size or checksum of the request cannot be used. */
  | 'INVALID_REQUEST'
  /** The source cannot be opened, answers with an error, breaks off, or changes while it is read. */
  | 'SOURCE_UNREADABLE'
  /** The bytes are not the ones that the checksum names. Nothing was published. */
  | 'CHECKSUM_MISMATCH'
  /** The image has another format than it was declared to have. */
  | 'FORMAT_MISMATCH'
  /** The image has a format that is recognised and not supported. */
  | 'FORMAT_UNSUPPORTED'
  /** Using the image would read other files of the host, needs a key, or depends on features nobody knows. */
  | 'UNSAFE_IMAGE'
  /** Empty, an error page, cut off, or a header that contradicts itself. */
  | 'NOT_AN_IMAGE'
  /** The image is larger than `maxBytes`. */
  | 'TOO_LARGE'
  /** The disk would be smaller than the image (Nova's FlavorDiskSmallerThanImage). */
  | 'DISK_TOO_SMALL'
  /** A disk never shrinks: its end may be in use. */
  | 'CANNOT_SHRINK'
  /** There is a disk of this name already; it was left alone. */
  | 'DISK_EXISTS'
  /** No disk of this name. */
  | 'DISK_NOT_FOUND'
  /** A guest or another program has the disk open, or other disks depend on it. */
  | 'DISK_BUSY'
  /** There is a snapshot of this name already. */
  | 'SNAPSHOT_EXISTS'
  /** No snapshot of this name. */
  | 'SNAPSHOT_NOT_FOUND'
  /** The storage cannot make a disk of this image by itself: it must come through the image cache. */
  | 'NOT_CLONABLE'
  /** The instance's directory is missing. */
  | 'INSTANCE_PATH_MISSING'
  /** The base image is no longer in the cache, or was changed there. */
  | 'BASE_CHANGED'
  /** The cached file is not the right one, and disks depend on it. */
  | 'BASE_IN_USE'
  /** The file system, volume group or pool is full. */
  | 'NO_SPACE'
  /** The instances path cannot be read or written for another reason: permissions, a failing disk. */
  | 'STORAGE_FAILED'
  /** The storage cluster does not answer, or does not let this user in; the volume group is not there. */
  | 'STORAGE_UNREACHABLE'
  /** A program that is needed is not installed. */
  | 'TOOL_MISSING'
  /** A program failed; what it had made was removed. */
  | 'TOOL_FAILED';

/** Every error of `@spawnkit/image-backend`. `context` is plain data without secrets or image contents. */
export class ImageBackendError extends Error {
  override readonly name = 'ImageBackendError';
  readonly code: ImageBackendErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: ImageBackendErrorCode,
    message: string,
    context: Readonly<Record<string, unknown>> = {},
    options: ErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.context = context;
  }
}

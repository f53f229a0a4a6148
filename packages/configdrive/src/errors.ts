/** What went wrong in this package, to branch on. */
export type ConfigDriveErrorCode =
  /** A path of a drive file leaves the drive, or no drive can carry it. */
  | 'INVALID_PATH'
  /** A network of the request has an address, prefix or MTU that means nothing. */
  | 'INVALID_NETWORK'
  /** A value of the request cannot be written as metadata. */
  | 'INVALID_METADATA'
  /** More bytes or files than the limits allow. */
  | 'TOO_LARGE'
  /** StaticJSON is not among the vendor data providers (Nova's InvalidMetadataPath). */
  | 'VENDOR_DATA_MISSING'
  /** The vendor data file cannot be read or is not JSON. */
  | 'VENDOR_DATA_UNREADABLE'
  /** User data that says `#cloud-config` is not valid YAML, or that says gzip cannot be unpacked. */
  | 'INVALID_USER_DATA'
  /** A program that is needed is not installed. */
  | 'TOOL_MISSING'
  /** A program failed while building; nothing was published. */
  | 'BUILD_FAILED'
  /** The file cannot be read as ISO 9660 or FAT. */
  | 'UNREADABLE_DRIVE'
  /** The guest's disk cannot be opened: no such partition, no operating system or several, or libguestfs does not start. */
  | 'UNREADABLE_GUEST'
  /** A mandatory item could not be put into the guest's file system. */
  | 'INJECTION_FAILED';

/** Every error of `@spawnkit/configdrive`. `context` is plain data without secrets or file contents. */
export class ConfigDriveError extends Error {
  override readonly name = 'ConfigDriveError';
  readonly code: ConfigDriveErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: ConfigDriveErrorCode,
    message: string,
    context: Readonly<Record<string, unknown>> = {},
    options: ErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.context = context;
  }
}

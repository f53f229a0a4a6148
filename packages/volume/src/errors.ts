/** What went wrong in this package, to branch on. */
export type VolumeErrorCode =
  /** No driver of this name is known (Nova's VolumeDriverNotFound). */
  | 'VOLUME_TYPE_UNKNOWN'
  /** The type is known, and no connector for it was given (Nova's VolumeDriverNotSupported). */
  | 'CONNECTOR_MISSING'
  /** The connection info lacks a field, or has a value there that means nothing. */
  | 'INVALID_CONNECTION_INFO'
  /** An option of a connector means nothing, or is one that the connector itself sets. */
  | 'INVALID_OPTION'
  /** A program that is needed is not installed. */
  | 'TOOL_MISSING'
  /** The host could not connect; what had been made for it was taken back. */
  | 'CONNECT_FAILED'
  /** The host could not disconnect; it may be tried again. */
  | 'DISCONNECT_FAILED'
  /** The host has logged in, and the volume's device did not appear, or the device is gone that should be there. */
  | 'DEVICE_NOT_FOUND'
  /** A file system was mounted that is not the one that was asked for; it was unmounted. */
  | 'MOUNT_INVALID'
  /** The volume says that it is encrypted by LUKS, and its bytes are not; nothing was written. */
  | 'NOT_LUKS'
  /** Formatting was allowed for a blank volume, and this one has data; nothing was written. */
  | 'NOT_BLANK'
  /** This way of encrypting is not known, or needs a device that the volume does not have. */
  | 'ENCRYPTION_UNSUPPORTED'
  /** The passphrase of the volume cannot be had. */
  | 'KEY_UNAVAILABLE';

/** Every error of `@spawnkit/volume`. `fix` says what to do; `context` is plain data without secrets. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  readonly code: VolumeErrorCode;
  readonly context: Readonly<Record<string, unknown>>;
  readonly fix: string | undefined;

  constructor(
    code: VolumeErrorCode,
    message: string,
    options: ErrorOptions & { fix?: string; context?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.context = options.context ?? {};
    this.fix = options.fix;
  }
}

/** What went wrong in this package, to branch on. */
export type BlockinfoErrorCode =
  /** Disks of this virtualization type are not known (Nova's UnsupportedVirtType). */
  | 'UNSUPPORTED_VIRT_TYPE'
  /** The image wishes for a bus which the virtualization type does not have (UnsupportedHardware). */
  | 'UNSUPPORTED_DISK_BUS'
  /** No device names belong to this bus, or there is no bus for this kind of device (InternalError). */
  | 'NO_DEVICE_PREFIX'
  /** No bus can be told from a device name (InternalError). */
  | 'UNKNOWN_DEVICE_NAME'
  /** All device names of the bus are taken (TooManyDiskDevices). */
  | 'TOO_MANY_DISK_DEVICES'
  /** A device of type `lun` names neither a usable bus nor a device name; Nova crashes. */
  | 'LUN_WITHOUT_BUS'
  /** A device of type `lun` has a boot index, which the boot order by device kind cannot express; Nova crashes. */
  | 'LUN_IN_BOOT_ORDER'
  /** Two disks would get one device name; Nova lets them. */
  | 'DEVICE_NAME_TAKEN'
  /** The encryption options of a disk are not a JSON object. */
  | 'INVALID_ENCRYPTION_OPTIONS'
  /** The rescue image wishes for a bus which the virtualization type does not have (UnsupportedRescueBus). */
  | 'UNSUPPORTED_RESCUE_BUS'
  /** The rescue image wishes for a device which no disk can be (UnsupportedRescueDevice). */
  | 'UNSUPPORTED_RESCUE_DEVICE';

/** Every error of `@spawnkit/blockinfo`. `context` is plain data. */
export class BlockinfoError extends Error {
  override readonly name = 'BlockinfoError';
  readonly code: BlockinfoErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: BlockinfoErrorCode,
    message: string,
    context: Readonly<Record<string, unknown>> = {},
    options: ErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.context = context;
  }
}

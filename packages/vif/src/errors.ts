/** What went wrong in this package, to branch on. */
export type VifErrorCode =
  /** No plugger for this type of VIF. */
  | 'VIF_TYPE_UNSUPPORTED'
  /** The VIF lacks what its type needs, or carries a name that no device can have. */
  | 'VIF_INVALID'
  /** The bridge is not there, and the network does not say that it should be made. */
  | 'BRIDGE_NOT_FOUND'
  /** The device that should carry the bridge is not there. */
  | 'INTERFACE_NOT_FOUND'
  /** A device that is there cannot be used: it is something else, in use elsewhere, or unfit. */
  | 'DEVICE_CONFLICT'
  /** Open vSwitch is not installed or does not answer. */
  | 'SWITCH_UNAVAILABLE'
  /** The PCI device is not there, or is no virtual function. */
  | 'PCI_NOT_FOUND'
  /** A network filter is still used by a domain. */
  | 'FILTER_IN_USE'
  /** A rule of a security group, or an address that rules are made of, means nothing. */
  | 'RULE_INVALID'
  /** This user may not change the host's network devices. */
  | 'PERMISSION_DENIED'
  /** libvirt knows no network of that name. */
  | 'NETWORK_NOT_FOUND'
  /** The libvirt network is not started. */
  | 'NETWORK_INACTIVE';

/** Every error of `@spawnkit/vif`. `fix` says what to do; `context` is plain data. */
export class VifError extends Error {
  override readonly name = 'VifError';
  readonly code: VifErrorCode;
  readonly context: Readonly<Record<string, unknown>>;
  readonly fix: string | undefined;

  constructor(
    code: VifErrorCode,
    message: string,
    options: ErrorOptions & { fix?: string; context?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.context = options.context ?? {};
    this.fix = options.fix;
  }
}

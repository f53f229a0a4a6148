/** What went wrong in this package, to branch on. */
export type DesignerErrorCode =
  /** Something that Nova's guests can have and this version cannot design; `context.field` names the part of the request. */
  | 'NOT_SUPPORTED'
  /** Flavor and image contradict each other (Nova's FlavorImageConflict). */
  | 'FLAVOR_IMAGE_CONFLICT'
  /** An extra spec of the flavor does not have the form or value that it needs (Invalid, InvalidRequest, ValueError). */
  | 'INVALID_EXTRA_SPEC'
  /** No topology of sockets, cores and threads is allowed and gives the number of vCPUs (ImageVCPU…Range…). */
  | 'CPU_TOPOLOGY_IMPOSSIBLE'
  /** A CPU model of the configuration is not one of the host's, or none has the features that the flavor requires (InvalidCPUInfo). */
  | 'CPU_MODEL_UNAVAILABLE'
  /** The host has not the machine type for the architecture (InvalidMachineType), or it lacks the PCI bus that guests need. */
  | 'MACHINE_TYPE_UNAVAILABLE'
  /** UEFI is asked for and the host has no firmware for this machine (UEFINotSupported). */
  | 'UEFI_UNAVAILABLE'
  /** Secure boot is required and cannot be had (SecureBootNotSupported). */
  | 'SECURE_BOOT_UNAVAILABLE'
  /** The machine or architecture takes no IOMMU (InvalidVIOMMUMachineType, InvalidVIOMMUArchitecture). */
  | 'IOMMU_UNAVAILABLE'
  /** Locked memory without a page size (LockMemoryForbidden). */
  | 'LOCKED_MEMORY_FORBIDDEN'
  /** A page size on a host that keeps memory in files (MemoryPagesUnsupported). */
  | 'MEMORY_PAGES_UNAVAILABLE'
  /** CPU shares, period or quota on a host without a CPU controller (UnsupportedHostCPUControlPolicy). */
  | 'CPU_CONTROL_UNAVAILABLE'
  /** CPU policies, masks and resources of flavor and image exclude each other (CPUThreadPolicyConfigurationInvalid, …). */
  | 'CPU_POLICY_CONFLICT'
  /** Flavor and image describe virtual NUMA cells that cannot be (ImageNUMATopologyAsymmetric, …). */
  | 'NUMA_TOPOLOGY_INVALID'
  /** The host's CPUs and the configured CPU sets contradict each other, or NUMA is asked for where there is none. */
  | 'HOST_CPUS_INVALID'
  /** More serial ports than the hypervisor has, or than the flavor allows, or than ports were handed out. */
  | 'SERIAL_PORTS_INVALID'
  /** More video memory than the flavor allows (RequestedVRamTooHigh). */
  | 'VIDEO_MEMORY_TOO_HIGH'
  /** An action that no watchdog has (InvalidWatchdogAction). */
  | 'WATCHDOG_ACTION_INVALID'
  /** The configured source of randomness does not exist on the host (RngDeviceNotExist). */
  | 'RNG_DEVICE_MISSING'
  /** A TPM without the secret that encrypts its state (Invalid). */
  | 'TPM_SECRET_MISSING'
  /** A disk of the mapping has no source, or its source cannot be used. */
  | 'DISK_SOURCE_INVALID'
  /** The machine has no such bus, or the bus takes no devices of the type; libvirt would refuse it. */
  | 'DISK_BUS_UNAVAILABLE'
  /** QEMU has no SCSI controller of this model; libvirt would refuse it. */
  | 'SCSI_MODEL_UNAVAILABLE'
  /** The machine takes no graphics card of this model; libvirt would refuse it. */
  | 'VIDEO_MODEL_UNAVAILABLE'
  /** The machine has no bus of this name for keyboard and pointer; libvirt would refuse it. */
  | 'INPUT_BUS_UNAVAILABLE'
  /** Guests of the virtualization type do not have this model of network card (UnsupportedHardware). */
  | 'VIF_MODEL_UNSUPPORTED'
  /** A PCI device for a container, or an address that is none (PciDeviceUnsupportedHypervisor). */
  | 'PCI_UNAVAILABLE'
  /** A VIF lacks its type, or a detail that its type needs. */
  | 'VIF_INVALID';

/** The one error of this package. `context` is plain data, `fix` says what to change. */
export class DesignerError extends Error {
  override readonly name = 'DesignerError';
  readonly code: DesignerErrorCode;
  readonly context: Readonly<Record<string, unknown>>;
  readonly fix: string | undefined;

  constructor(
    code: DesignerErrorCode,
    message: string,
    details: { readonly context?: Readonly<Record<string, unknown>>; readonly fix?: string } & ErrorOptions = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.context = details.context ?? {};
    this.fix = details.fix;
  }
}

/**
 * What a host is like, as far as a guest's design depends on it. Plain data, so that it can be stored and compared. All but
 * the last group is libvirt's answer; whoever reads the host fits this type structurally.
 */
export interface HostFacts {
  /** Architecture of the host's CPU in libvirt's words: `x86_64`, `aarch64`. From `<capabilities><host><cpu>`. */
  readonly arch: string;
  /** Maker of the host's CPU in libvirt's words: `Intel`, `AMD`. From `<capabilities><host><cpu>`; missing: nobody looked. */
  readonly cpuVendor?: string | undefined;
  /** As libvirt counts: 9.0.0 is 9_000_000. */
  readonly libvirtVersion: number;
  /** Version of the hypervisor (QEMU), counted like libvirt's. */
  readonly hypervisorVersion: number;
  /** Every guest architecture of the capabilities. One that appears twice (for `hvm` and another type) is listed twice. */
  readonly guests: readonly GuestArchitecture[];
  /** `pflash` is a loader type in the domain capabilities of some machine type of the host's architecture. */
  readonly supportsUefi: boolean;
  /** The loader can be secure in the domain capabilities of some machine type of the host's architecture. */
  readonly supportsSecureBoot: boolean;
  /** Names of CPU models for the host's architecture; needed only when the configuration names models. */
  readonly cpuModelNames?: readonly string[] | undefined;
  /** CPU model → its features, for models of the configuration; needed only to choose among them by a flavor's traits. */
  readonly cpuModelFeatures?: Readonly<Record<string, readonly string[]>> | undefined;
  /** NUMA cells of the capabilities; missing or empty where the host has none. */
  readonly numaCells?: readonly HostNumaCell[] | undefined;
  /**
   * AMD SEV by machine type (`q35`), from the domain capabilities; missing where libvirt, kernel or hardware cannot encrypt
   * the memory of guests.
   */
  readonly sev?: Readonly<Record<string, SevFacts>> | undefined;
  /** UUID of the hardware in the capabilities; needed only for `sysinfoSerial` `hardware` and `auto`. */
  readonly hostUuid?: string | undefined;

  /** Numbers of the host's CPUs that are online. */
  readonly onlineCpus: readonly number[];
  /** Whether the kernel's CPU controller (cgroups) is there; without it no share, period or quota can be set. */
  readonly cpuController: boolean;
  /** Whether files below the instances path can be opened with O_DIRECT; false (never wrong) makes disks cached. */
  readonly supportsDirectIo: boolean;
  /** `uname -r`. */
  readonly kernelRelease: string;
  /** PCI address (`0000:0a:00.1`) → network device, for VIFs with a macvtap device over a virtual function. */
  readonly pciInterfaceNames?: Readonly<Record<string, string>> | undefined;
  /** PCI address → character device (`/dev/vhost-vdpa-0`), for vDPA VIFs. */
  readonly vdpaDevices?: Readonly<Record<string, string>> | undefined;
  /** QEMU's firmware descriptions in order of precedence (`/etc/qemu/firmware`, `/usr/share/qemu/firmware`); missing: none. */
  readonly firmware?: readonly FirmwareDescription[] | undefined;
  /** Content of `/etc/machine-id`; needed only for `sysinfoSerial` `os` and `auto`. */
  readonly machineId?: string | undefined;
  /** Whether the configuration's `rngDevPath` exists; missing: nobody looked. */
  readonly rngDevPathExists?: boolean | undefined;
}

/** One architecture that guests can have. */
export interface GuestArchitecture {
  readonly arch: string;
  /** Machine types, aliases included. Empty for containers. */
  readonly machines: readonly MachineType[];
}

/** `pc` stands for `pc-i440fx-7.2`, its canonical name; a machine type that is no alias has none. */
export interface MachineType {
  readonly name: string;
  readonly canonical?: string | undefined;
}

/** One NUMA cell of the host. */
export interface HostNumaCell {
  readonly id: number;
  readonly cpus: readonly number[];
  /** Sizes of the memory pages it offers. */
  readonly pageSizesKiB: readonly number[];
  /** All of its memory. With the next two, instances can be fitted onto it: see {@link hostCellsOf}. */
  readonly memoryMiB?: number | undefined;
  /** How many pages of each size there are. */
  readonly pages?: readonly { readonly sizeKiB: number; readonly total: number }[] | undefined;
  /** CPUs that are threads of one core; missing: each is a core. */
  readonly siblings?: readonly (readonly number[])[] | undefined;
}

/** One file of QEMU's firmware descriptions: https://www.qemu.org/docs/master/interop/firmware.json */
export interface FirmwareDescription {
  /** Path of the code. */
  readonly executable: string;
  /** Path of the variables to start from. */
  readonly nvramTemplate: string;
  /** `machines` are patterns such as `pc-q35-*` of canonical names. */
  readonly targets: readonly { readonly architecture: string; readonly machines: readonly string[] }[];
  /** `secure-boot`, `requires-smm`, `enrolled-keys`, … */
  readonly features: readonly string[];
}

/** What a guest with encrypted memory must be told of the hardware. */
export interface SevFacts {
  readonly cbitpos: number;
  readonly reducedPhysBits: number;
}

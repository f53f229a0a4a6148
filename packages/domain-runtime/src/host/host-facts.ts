/** What a host is like, as far as the design of its guests depends on it. Plain data, which can be stored and compared. */
export interface HostFacts extends LibvirtFacts, LocalFacts {}

/** What libvirt says about the host. */
export interface LibvirtFacts {
  /** Architecture of the host's processors in libvirt's words: `x86_64`, `aarch64`. */
  readonly arch: string;
  /** Maker of the host's processors in libvirt's words: `Intel`, `AMD`. */
  readonly cpuVendor: string | undefined;
  /** Path of the emulator that libvirt runs for guests of the wanted architecture and kind. */
  readonly emulator: string;
  /** As libvirt counts: 9.0.0 is 9_000_000. */
  readonly libvirtVersion: number;
  /** Version of the hypervisor (QEMU), counted like libvirt's; 0 where the hypervisor has none. */
  readonly hypervisorVersion: number;
  /** Every guest architecture of the capabilities. One that appears twice (for `hvm` and another type) is listed twice. */
  readonly guests: readonly GuestArchitecture[];
  /** `pflash` is a loader type in the domain capabilities of some machine type of the architecture. */
  readonly supportsUefi: boolean;
  /** The loader can be secure in the domain capabilities of some machine type of the architecture. */
  readonly supportsSecureBoot: boolean;
  /** Names of CPU models that the emulator knows, usable here or not. */
  readonly cpuModelNames: readonly string[];
  /** NUMA cells of the host; empty where libvirt reports none. */
  readonly numaCells: readonly HostNumaCell[];
  /** UUID of the hardware. */
  readonly hostUuid: string | undefined;
}

/** What the host's own files say. */
export interface LocalFacts {
  /** Numbers of the CPUs that are online. */
  readonly onlineCpus: readonly number[];
  /** Whether the kernel's CPU controller (cgroups) is there; without it no share, period or quota can be set. */
  readonly cpuController: boolean;
  /** Whether files below the instances path can be opened with O_DIRECT. False when nobody could tell. */
  readonly supportsDirectIo: boolean;
  /** `uname -r`. */
  readonly kernelRelease: string;
  /** UEFI firmware that QEMU's packages describe, first wins. */
  readonly firmware: readonly FirmwareDescription[];
  /** Content of `/etc/machine-id`. */
  readonly machineId: string | undefined;
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
  /** All of its memory; undefined where libvirt does not tell. */
  readonly memoryMiB: number | undefined;
  /** How many pages of each size there are. */
  readonly pages: readonly { readonly sizeKiB: number; readonly total: number }[];
  /** CPUs that are threads of one core, core by core. */
  readonly siblings: readonly (readonly number[])[];
}

/** One of QEMU's firmware descriptions: https://www.qemu.org/docs/master/interop/firmware.json */
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

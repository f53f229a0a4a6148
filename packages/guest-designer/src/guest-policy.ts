import { defaultBlockinfoConfig, getMachineType } from '@spawnkit/blockinfo';
import { type Flavor, type ImageProperties, readImageProperties } from '@spawnkit/instance';
import type { DesignerConfig } from './config.ts';
import type { GuestRequest } from './guest-request.ts';
import type { HostFacts } from './host-facts.ts';

/** What every decision looks at: the request, and what follows from it at once. */
export interface GuestPolicy {
  readonly request: GuestRequest;
  readonly flavor: Flavor;
  readonly image: ImageProperties;
  readonly config: DesignerConfig;
  readonly host: HostFacts;
  /** Architecture of the guest. */
  readonly arch: string;
  /** Machine type; undefined where neither image nor configuration name one and no default is known. */
  readonly machine: string | undefined;
}

/** Reads the image's properties and settles architecture and machine type. Throws `InstanceError`. */
export function guestPolicy(request: GuestRequest): GuestPolicy {
  const { config, host, instance } = request;
  const image = readImageProperties(request.imageMeta);
  const arch = image.hwEmulationArchitecture ?? image.hwArchitecture ?? host.arch;
  return { request, flavor: instance.flavor, image, config, host, arch, machine: machineOf(image, request) };
}

/** Whether the guest has another architecture than its host, so that QEMU translates its code. */
export function isEmulated({ arch, host }: GuestPolicy): boolean {
  return arch !== host.arch;
}

/** The type of the domain: KVM cannot run another architecture's code. */
export function domainType(policy: GuestPolicy): DesignerConfig['virtType'] {
  return isQemu(policy) && isEmulated(policy) ? 'qemu' : policy.config.virtType;
}

/** What the guest runs on: `hvm` is a whole machine, `exe` a process in a container. */
export function vmMode(policy: GuestPolicy): string {
  const wish = policy.request.instance.vmMode?.toLowerCase() ?? (isQemu(policy) ? 'hvm' : 'exe');
  // Names from before the Folsom release.
  return wish === 'hv' ? 'hvm' : wish === 'pv' ? 'xen' : wish;
}

/** Whether the guest is a virtual machine of QEMU, with or without KVM. */
export function isQemu({ config }: GuestPolicy): boolean {
  return config.virtType !== 'lxc';
}

/** Whether the guest is a PC. */
export function isX86({ arch }: Pick<GuestPolicy, 'arch'>): boolean {
  return arch === 'x86_64' || arch === 'i686';
}

/** Whether the guest is a POWER machine. */
export function isPower({ arch }: Pick<GuestPolicy, 'arch'>): boolean {
  return arch === 'ppc' || arch === 'ppc64' || arch === 'ppc64le';
}

/** Whether the guest is a mainframe. */
export function isS390({ arch }: Pick<GuestPolicy, 'arch'>): boolean {
  return arch === 's390' || arch === 's390x';
}

/** An emulated machine is one of its own architecture; Nova takes the default of the host's, which cannot start. */
function machineOf(image: ImageProperties, { host, config }: GuestRequest): string | undefined {
  const { hwEmulationArchitecture: emulated } = image;
  return getMachineType({
    image: emulated ? { ...image, hwArchitecture: emulated } : image,
    hostArch: host.arch,
    config: { ...defaultBlockinfoConfig, hwMachineType: config.hwMachineType },
  });
}

import type { Capabilities, DomainCapabilities, GuestSupport, HostCell } from '@spawnkit/guest-config';
import type { LibVersion } from '@spawnkit/libvirt';
import type { GuestArchitecture, HostNumaCell, LibvirtFacts } from './host-facts.ts';

/** libvirt's answers, read. */
export interface LibvirtAnswer {
  readonly emulator: string;
  readonly libVersion: LibVersion;
  /** Undefined where the hypervisor has none. */
  readonly hypervisorVersion: LibVersion | undefined;
  readonly capabilities: Capabilities;
  /** Domain capabilities of each machine type that the emulator has, one at least. */
  readonly machines: readonly DomainCapabilities[];
}

/** The facts that libvirt's answers hold. Follows Nova's `Host.get_capabilities`, `supports_uefi`, `supports_secure_boot`. */
export function libvirtFacts(answer: LibvirtAnswer): LibvirtFacts {
  const { emulator, libVersion, hypervisorVersion, capabilities, machines } = answer;
  const { host, guests } = capabilities;
  const loaders = machines.map(({ os }) => os?.loader).filter((loader) => loader?.supported);
  const has = (choice: string, value: string) =>
    loaders.some((loader) => loader?.choices?.some(({ name, values }) => name === choice && values?.includes(value)));
  return {
    arch: host.cpu.arch,
    emulator,
    libvirtVersion: counted(libVersion),
    hypervisorVersion: hypervisorVersion ? counted(hypervisorVersion) : 0,
    guests: (guests ?? []).map(guestArchitecture),
    supportsUefi: has('type', 'pflash'),
    supportsSecureBoot: has('secure', 'yes'),
    cpuModelNames: [...new Set(machines.flatMap(modelNames))],
    numaCells: (host.topology?.cells.cells ?? []).map(numaCell),
    hostUuid: host.uuid,
  };
}

function counted({ major, minor, micro }: LibVersion): number {
  return major * 1_000_000 + minor * 1000 + micro;
}

function guestArchitecture({ arch }: GuestSupport): GuestArchitecture {
  return {
    arch: arch.name,
    machines: (arch.machines ?? []).map(({ name, canonical }) => ({ name, ...(canonical ? { canonical } : {}) })),
  };
}

function modelNames({ cpu }: DomainCapabilities): readonly string[] {
  const modes = cpu?.modes ?? [];
  return modes.flatMap((mode) => (mode.name === 'custom' ? (mode.models ?? []).map(({ name }) => name) : []));
}

function numaCell({ id, cpus, pages }: HostCell): HostNumaCell {
  return {
    id,
    cpus: (cpus?.cpus ?? []).map((cpu) => cpu.id),
    pageSizesKiB: (pages ?? []).map(({ size }) => Number(size)),
  };
}

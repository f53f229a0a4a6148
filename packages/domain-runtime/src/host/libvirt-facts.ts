import {
  type Capabilities,
  type DomainCapabilities,
  type GuestSupport,
  type HostCell,
  type HostCpuPlace,
  toBytes,
} from '@spawnkit/guest-config';
import type { LibVersion } from '@spawnkit/libvirt';
import type { GuestArchitecture, HostNumaCell, LibvirtFacts } from './host-facts.ts';

const MIB = 1n << 20n;

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
    cpuVendor: host.cpu.vendor,
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

function numaCell({ id, cpus, pages = [], memory }: HostCell): HostNumaCell {
  return {
    id,
    cpus: (cpus?.cpus ?? []).map((cpu) => cpu.id),
    pageSizesKiB: pages.map(({ size }) => Number(size)),
    memoryMiB: memory && Number(toBytes(memory) / MIB),
    pages: pages.map(({ size, count }) => ({ sizeKiB: Number(size), total: Number(count) })),
    siblings: coresOf(cpus?.cpus ?? []),
  };
}

/** Each CPU names all threads of its core, so every core is named as often as it has threads. */
function coresOf(places: readonly HostCpuPlace[]): readonly (readonly number[])[] {
  const cores = new Map(places.map(({ id, siblings }) => [String(siblings ?? id), siblings ?? [id]]));
  return [...cores.values()];
}

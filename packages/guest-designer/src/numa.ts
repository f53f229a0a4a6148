import type { Cputune, Memnode, Numa, Numatune, VcpuPin } from '@spawnkit/guest-config';
import type { InstanceNumaCell, InstanceNumaTopology } from '@spawnkit/instance';
import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';
import { hasNumaSupport, sharedCpus, sharedCpusOfCell } from './host-cpus.ts';
import type { HostNumaCell } from './host-facts.ts';
import { realtimeSchedulers, realtimeVcpus } from './realtime.ts';

/** Where vCPUs and memory of a guest go. */
export interface Placement {
  /** Host CPUs for all vCPUs of a guest without a NUMA topology. */
  readonly cpuset?: readonly number[] | undefined;
  readonly cputune?: Cputune;
  readonly numatune?: Numatune;
  readonly numa?: Numa;
}

/** A guest cell and the host cell that it was placed on. */
interface CellPair {
  readonly guest: InstanceNumaCell;
  readonly host: HostNumaCell;
}

/**
 * Follows the instance's NUMA topology, which the claim of its resources decided: guest cells, pinned and floating vCPUs,
 * emulator threads and memory nodes. Follows Nova's `_get_guest_numa_config`. Throws `HOST_CPUS_INVALID`, `INVALID_EXTRA_SPEC`.
 */
export function guestPlacement(policy: GuestPolicy): Placement {
  const topology = policy.request.instance.numaTopology;
  if (!topology) return { cpuset: sharedCpus(policy) };
  const hostCells = policy.host.numaCells ?? [];
  if (!hasNumaSupport(policy)) throw noNuma(policy, 'its hypervisor cannot place guests on NUMA cells');
  if (hostCells.length === 0) return { cpuset: sharedCpus(policy), numa: guestNuma(topology, hostCells) };
  const pairs = topology.cells.map((guest) => ({ guest, host: hostCellOf(policy, guest) }));
  return {
    cputune: pinning(policy, topology, pairs),
    numatune: memoryNodes(pairs),
    numa: guestNuma(topology, hostCells),
  };
}

/** Whether a cell has larger pages than the host's ordinary ones. */
export function hasHugePages(cell: InstanceNumaCell, hostCells: readonly HostNumaCell[]): boolean {
  const sizes = hostCells[0]?.pageSizesKiB ?? [];
  return cell.pagesize !== undefined && sizes.includes(cell.pagesize) && cell.pagesize > Math.min(...sizes);
}

function hostCellOf(policy: GuestPolicy, guest: InstanceNumaCell): HostNumaCell {
  const found = policy.host.numaCells?.find(({ id }) => id === guest.id);
  if (found) return found;
  throw noNuma(policy, `it has no cell ${guest.id}`);
}

function guestNuma({ cells }: InstanceNumaTopology, hostCells: readonly HostNumaCell[]): Numa {
  // Other processes read the pages of a vhost-user network, which could be plugged in later.
  const memAccess = cells.some((cell) => hasHugePages(cell, hostCells)) ? 'shared' : undefined;
  return {
    cells: cells.map((cell, id) => ({ id, cpus: cpusOf(cell), memory: BigInt(cell.memory) * 1024n, memAccess })),
  };
}

function memoryNodes(pairs: readonly CellPair[]): Numatune {
  const memnodes = pairs.map(({ host }, cellid): Memnode => ({ cellid, mode: 'strict', nodeset: [host.id] }));
  return { memory: { mode: 'strict', nodeset: pairs.map(({ host }) => host.id) }, memnodes };
}

function pinning(policy: GuestPolicy, topology: InstanceNumaTopology, pairs: readonly CellPair[]): Cputune {
  const realtime = realtimeVcpus(policy);
  const pins = pairs.flatMap(({ guest, host }) =>
    cpusOf(guest).map((vcpu) => ({ guest, pin: pinOf(policy, vcpu, guest, host) })),
  );
  const emulator = pins.flatMap(({ guest, pin }) => emulatorCpus(policy, topology, { guest, pin, realtime }));
  return {
    vcpuPins: pins.map(({ pin }) => pin).toSorted((a, b) => a.vcpu - b.vcpu),
    emulatorPin: { cpuset: ascending(emulator) },
    vcpuScheds: realtimeSchedulers(policy, realtime),
  };
}

/** A vCPU that is not pinned floats over its cell. */
function pinOf(policy: GuestPolicy, vcpu: number, guest: InstanceNumaCell, host: HostNumaCell): VcpuPin {
  const pinned = guest.cpuPinning?.[String(vcpu)];
  return { vcpu, cpuset: pinned === undefined ? sharedCpusOfCell(policy, host.cpus) : [pinned] };
}

/** Host CPUs of the emulator's threads: set aside for them, shared, or those of ordinary vCPUs. */
function emulatorCpus(
  policy: GuestPolicy,
  { emulatorThreadsPolicy: threads }: InstanceNumaTopology,
  { guest, pin, realtime }: { guest: InstanceNumaCell; pin: VcpuPin; realtime: readonly number[] },
): readonly number[] {
  const { cpuSharedSet } = policy.config;
  if (threads === 'isolate') return guest.cpusetReserved ?? [];
  if (threads === 'share' && cpuSharedSet?.length) return onlineShared(policy, cpuSharedSet);
  return realtime.includes(pin.vcpu) ? [] : pin.cpuset;
}

function onlineShared(policy: GuestPolicy, shared: readonly number[]): readonly number[] {
  const online = shared.filter((cpu) => policy.host.onlineCpus.includes(cpu));
  if (online.length > 0) return online;
  throw noNuma(policy, 'no CPU of cpuSharedSet is online');
}

function cpusOf({ cpuset, pcpuset }: InstanceNumaCell): readonly number[] {
  return ascending([...cpuset, ...pcpuset]);
}

function ascending(cpus: readonly number[]): readonly number[] {
  return [...new Set(cpus)].toSorted((a, b) => a - b);
}

function noNuma({ host }: GuestPolicy, why: string): DesignerError {
  return new DesignerError('HOST_CPUS_INVALID', `The instance's NUMA topology does not fit this host: ${why}.`, {
    context: { arch: host.arch, cells: host.numaCells?.map(({ id }) => id) ?? [] },
    fix: 'Claim the resources of the instance anew on this host.',
  });
}

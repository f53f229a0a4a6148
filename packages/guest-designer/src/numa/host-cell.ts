import { DesignerError } from '../errors.ts';
import type { HostFacts, HostNumaCell } from '../host-facts.ts';

/** One NUMA cell of the host, and what is taken of it. Plain data. */
export interface HostCell {
  readonly id: number;
  /** CPUs that floating vCPUs share. */
  readonly sharedCpus: readonly number[];
  /** CPUs that can be given to one vCPU each. */
  readonly dedicatedCpus: readonly number[];
  /** Dedicated CPUs that are given away. */
  readonly pinnedCpus: readonly number[];
  /** Its CPUs by core: each set holds the threads of one. */
  readonly siblings: readonly (readonly number[])[];
  /** Number of vCPUs that float here. */
  readonly floatingVcpus: number;
  readonly memoryMiB: number;
  readonly usedMemoryMiB: number;
  /** Empty where the host does not tell pages apart. */
  readonly pages: readonly HostPages[];
}

/** Memory pages of one size. */
export interface HostPages {
  readonly sizeKiB: number;
  readonly total: number;
  readonly used: number;
  /** Kept for others than guests. */
  readonly reserved: number;
}

/** Which CPUs of the host guests may have: part of a `DesignerConfig`. */
export interface CpuSets {
  readonly cpuSharedSet?: readonly number[] | undefined;
  readonly cpuDedicatedSet?: readonly number[] | undefined;
}

/**
 * The host's cells with nothing taken. Without any set configured, each CPU is both shared and dedicated. Follows Nova's
 * `_get_host_numa_topology`. Throws `HOST_CPUS_INVALID` when the facts lack the memory of a cell.
 */
export function hostCellsOf(host: Pick<HostFacts, 'numaCells' | 'onlineCpus'>, sets: CpuSets): readonly HostCell[] {
  const { onlineCpus } = host;
  const dedicated = sets.cpuDedicatedSet?.length ? sets.cpuDedicatedSet : undefined;
  const shared = sets.cpuSharedSet?.length ? sets.cpuSharedSet : undefined;
  const sharedCpus = shared ?? (dedicated ? [] : onlineCpus);
  const dedicatedCpus = dedicated ?? (shared ? [] : onlineCpus);
  return (host.numaCells ?? []).map((cell) => emptyCell(cell, sharedCpus, dedicatedCpus));
}

/** Dedicated CPUs that nobody has. */
export function freeCpus({ dedicatedCpus, pinnedCpus }: HostCell): readonly number[] {
  return dedicatedCpus.filter((cpu) => !pinnedCpus.includes(cpu));
}

export function freeMemoryMiB({ memoryMiB, usedMemoryMiB }: HostCell): number {
  return memoryMiB - usedMemoryMiB;
}

function emptyCell(cell: HostNumaCell, shared: readonly number[], dedicated: readonly number[]): HostCell {
  const { id, cpus, memoryMiB, pages = [], siblings = cpus.map((cpu) => [cpu]) } = cell;
  if (memoryMiB === undefined) {
    const message = `The facts of the host's NUMA cell ${id} lack its memory, so that no instance can be fitted onto it.`;
    throw new DesignerError('HOST_CPUS_INVALID', message, { context: { cell: id }, fix: 'Read the host anew.' });
  }
  const guestCpus = [...shared, ...dedicated];
  return {
    id,
    sharedCpus: cpus.filter((cpu) => shared.includes(cpu)),
    dedicatedCpus: cpus.filter((cpu) => dedicated.includes(cpu)),
    pinnedCpus: [],
    siblings: siblings.map((core) => core.filter((cpu) => guestCpus.includes(cpu))).filter((core) => core.length > 0),
    floatingVcpus: 0,
    memoryMiB,
    usedMemoryMiB: 0,
    pages: pages.map(({ sizeKiB, total }) => ({ sizeKiB, total, used: 0, reserved: 0 })),
  };
}

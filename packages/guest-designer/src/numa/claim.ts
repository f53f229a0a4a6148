import type { InstanceNumaCell, InstanceNumaTopology } from '@spawnkit/instance';
import { DesignerError } from '../errors.ts';
import { freeCpus, type HostCell, type HostPages } from './host-cell.ts';

/**
 * The host's cells after an instance took its place. Follows Nova's `numa_usage_from_instance_numa`. Throws
 * `HOST_CPUS_INVALID` when a CPU is taken already, or is not dedicated.
 */
export function claimCells(host: readonly HostCell[], instance: InstanceNumaTopology): readonly HostCell[] {
  return host.map((cell) =>
    instance.cells.filter(({ id }) => id === cell.id).reduce((before, one) => claimed(before, one), cell),
  );
}

/** The host's cells after an instance left: the inverse of {@link claimCells}. */
export function releaseCells(host: readonly HostCell[], instance: InstanceNumaTopology): readonly HostCell[] {
  return host.map((cell) =>
    instance.cells.filter(({ id }) => id === cell.id).reduce((before, one) => released(before, one), cell),
  );
}

function claimed(host: HostCell, guest: InstanceNumaCell): HostCell {
  const taken = takenCpus(host, guest);
  const free = freeCpus(host);
  const missing = taken.filter((cpu) => !free.includes(cpu));
  if (missing.length === 0) return { ...used(host, guest, 1), pinnedCpus: [...host.pinnedCpus, ...taken] };
  const message = `The host CPUs ${missing.join(', ')} of cell ${host.id} cannot be dedicated: they are taken, or not in cpuDedicatedSet.`;
  const fix = 'Fit the instance onto the host anew, with every instance that runs there claimed.';
  throw new DesignerError('HOST_CPUS_INVALID', message, { context: { cell: host.id, missing, free }, fix });
}

function released(host: HostCell, guest: InstanceNumaCell): HostCell {
  const taken = takenCpus(host, guest);
  return { ...used(host, guest, -1), pinnedCpus: host.pinnedCpus.filter((cpu) => !taken.includes(cpu)) };
}

/** CPUs of the vCPUs and of the emulator; with the policy `isolate` their thread siblings as well. */
function takenCpus(host: HostCell, guest: InstanceNumaCell): readonly number[] {
  const own = [...Object.values(guest.cpuPinning ?? {}), ...(guest.cpusetReserved ?? [])];
  if (guest.cpuThreadPolicy !== 'isolate') return own;
  return host.siblings.filter((core) => core.some((cpu) => own.includes(cpu))).flat();
}

function used(host: HostCell, guest: InstanceNumaCell, sign: 1 | -1): HostCell {
  return {
    ...host,
    floatingVcpus: Math.max(0, host.floatingVcpus + sign * guest.cpuset.length),
    usedMemoryMiB: Math.max(0, host.usedMemoryMiB + sign * guest.memory),
    pages: usedPages(host.pages, guest, sign),
  };
}

/** Memory without a page size lies in the smallest pages. */
function usedPages(pages: readonly HostPages[], guest: InstanceNumaCell, sign: 1 | -1): readonly HostPages[] {
  const sizeKiB = guest.pagesize ?? Math.min(...pages.map((one) => one.sizeKiB));
  return pages.map((one) => {
    if (one.sizeKiB !== sizeKiB) return one;
    return { ...one, used: Math.max(0, one.used + (sign * guest.memory * 1024) / sizeKiB) };
  });
}

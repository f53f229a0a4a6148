import type { InstanceNumaCell } from '@spawnkit/instance';
import { freeCpus, freeMemoryMiB, type HostCell, type HostPages } from './host-cell.ts';
import { type Pinning, pinVcpus } from './pinning.ts';
import type { PageSizeWish, WishedNumaCell } from './topology-wish.ts';

/** How much of a cell may be promised; missing: no limit beside the cell itself. */
export interface FitLimits {
  /** Floating vCPUs per shared CPU. */
  readonly cpuAllocationRatio: number;
  readonly ramAllocationRatio: number;
}

/** What else decides whether a guest cell fits onto a host cell. */
export interface FitCellOptions {
  readonly limits?: FitLimits | undefined;
  /** Number of host CPUs for the emulator's threads. */
  readonly reserve: number;
}

/**
 * The guest cell on this host cell, undefined when it does not fit. One instance never gets more than there is, whatever
 * the limits; dedicated CPUs and huge pages are never promised twice. Follows Nova's `_numa_fit_instance_cell`.
 */
export function fitCell(host: HostCell, guest: WishedNumaCell, options: FitCellOptions): InstanceNumaCell | undefined {
  const pagesize = guest.pageSize === undefined ? undefined : fittingPages(host, guest.memoryMiB, guest.pageSize);
  if (guest.pageSize === undefined ? !fitsInto(host, guest.memoryMiB) : pagesize === undefined) return undefined;
  const pinning = isPinned(guest) ? pinned(host, guest, options.reserve) : undefined;
  if (isPinned(guest) && !pinning) return undefined;
  if (guest.cpuPolicy !== 'dedicated' && !floats(host, guest, options.limits)) return undefined;
  return {
    id: host.id,
    cpuset: guest.cpuset,
    pcpuset: guest.pcpuset,
    memory: guest.memoryMiB,
    pagesize,
    cpuPolicy: guest.cpuPolicy,
    cpuThreadPolicy: guest.cpuThreadPolicy,
    ...(pinning && { cpuPinning: Object.fromEntries(pinning.pins) }),
    ...(pinning && pinning.reserved.length > 0 && { cpusetReserved: pinning.reserved }),
  };
}

function isPinned({ cpuPolicy }: WishedNumaCell): boolean {
  return cpuPolicy === 'dedicated' || cpuPolicy === 'mixed';
}

function pinned(host: HostCell, guest: WishedNumaCell, reserve: number): Pinning | undefined {
  if (guest.pcpuset.length + reserve > freeCpus(host).length || guest.memoryMiB > freeMemoryMiB(host)) return undefined;
  return pinVcpus(host, { vcpus: guest.pcpuset, threadPolicy: guest.cpuThreadPolicy, reserve });
}

function floats(host: HostCell, guest: WishedNumaCell, limits: FitLimits | undefined): boolean {
  if (guest.cpuset.length > host.sharedCpus.length) return false;
  if (!limits) return true;
  const cpus = host.floatingVcpus + guest.cpuset.length <= host.sharedCpus.length * limits.cpuAllocationRatio;
  return cpus && host.usedMemoryMiB + guest.memoryMiB <= host.memoryMiB * limits.ramAllocationRatio;
}

/** Ordinary pages may be promised several times, but not to one instance. */
function fitsInto(host: HostCell, memoryMiB: number): boolean {
  const smallest = host.pages.toSorted((a, b) => a.sizeKiB - b.sizeKiB)[0];
  return smallest ? holds(smallest, smallest.total, memoryMiB) : memoryMiB <= host.memoryMiB;
}

/** Size in KiB of the largest pages that the wish allows and that are free. */
function fittingPages(host: HostCell, memoryMiB: number, wish: PageSizeWish): number | undefined {
  const [smallest, ...larger] = host.pages.toSorted((a, b) => a.sizeKiB - b.sizeKiB);
  if (!smallest) return undefined;
  const allowed: Readonly<Record<'small' | 'large' | 'any', readonly HostPages[]>> = {
    small: [smallest],
    large: larger.toReversed(),
    any: [...larger.toReversed(), smallest],
  };
  const pages = typeof wish === 'number' ? host.pages.filter(({ sizeKiB }) => sizeKiB === wish) : allowed[wish];
  return pages.find((one) => holds(one, one.total - one.used - one.reserved, memoryMiB))?.sizeKiB;
}

function holds({ sizeKiB }: HostPages, count: number, memoryMiB: number): boolean {
  const memoryKiB = memoryMiB * 1024;
  return memoryKiB % sizeKiB === 0 && memoryKiB <= count * sizeKiB;
}

import { claimCells, type HostCell, type HostPages } from '@spawnkit/guest-designer';
import type { HeldClaim } from './claim.ts';
import type { LiveDomain } from './live-domain.ts';

/** What is taken of a host at one moment. */
export interface Occupancy {
  readonly held: readonly HeldClaim[];
  readonly live: readonly LiveDomain[];
  readonly freePages: readonly FreePages[];
}

/** Pages of one size in one cell that the kernel can give away now. */
export interface FreePages {
  readonly cell: number;
  readonly sizeKiB: number;
  readonly count: number;
}

/**
 * The host's cells as one more instance finds them: without what our instances hold, running or not, and without what others
 * run on. Throws `DesignerError` `HOST_CPUS_INVALID` when an instance holds a CPU that the settings no longer dedicate.
 */
export function occupiedCells(empty: readonly HostCell[], occupancy: Occupancy): readonly HostCell[] {
  const { held, live, freePages } = occupancy;
  const running = new Set(live.map(({ uuid }) => uuid));
  const ours = claimAll(empty, held);
  const oursNow = claimAll(
    empty,
    held.filter(({ uuid }) => running.has(uuid)),
  );
  const known = new Set(held.map(({ uuid }) => uuid));
  const foreignCpus = live.filter(({ uuid }) => !known.has(uuid)).flatMap(({ pinnedCpus }) => pinnedCpus);
  return ours.map((cell, index) => ({
    ...cell,
    pinnedCpus: [...new Set([...cell.pinnedCpus, ...cell.dedicatedCpus.filter((cpu) => foreignCpus.includes(cpu))])],
    pages: withForeignPages(cell, oursNow[index]?.pages ?? [], freePages),
  }));
}

function claimAll(empty: readonly HostCell[], claims: readonly HeldClaim[]): readonly HostCell[] {
  return claims.reduce((cells, { numaTopology }) => (numaTopology ? claimCells(cells, numaTopology) : cells), empty);
}

/** What the kernel has given away and none of our running instances has, others have. Ordinary pages are no measure of that. */
function withForeignPages(
  { id, pages }: HostCell,
  oursNow: readonly HostPages[],
  free: readonly FreePages[],
): readonly HostPages[] {
  return pages.map((one) => {
    const left = free.find(({ cell, sizeKiB }) => cell === id && sizeKiB === one.sizeKiB);
    if (!left) return one;
    const byUs = oursNow.find(({ sizeKiB }) => sizeKiB === one.sizeKiB)?.used ?? 0;
    return { ...one, used: one.used + Math.max(0, one.total - left.count - byUs) };
  });
}

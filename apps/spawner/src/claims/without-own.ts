import type { HeldClaim } from './claim.ts';
import type { FreePages, Occupancy } from './occupied-cells.ts';

/** What is taken of a host by all but one instance. */
export function withoutOwn({ held, live, freePages }: Occupancy, uuid: string): Occupancy {
  const own = held.filter((one) => one.uuid === uuid);
  const runs = live.some((one) => one.uuid === uuid);
  return {
    held: held.filter((one) => one.uuid !== uuid),
    live: live.filter((one) => one.uuid !== uuid),
    freePages: runs ? freePages.map((one) => ({ ...one, count: one.count + pagesOf(own, one) })) : freePages,
  };
}

/** How many pages of that cell and size the claims have. */
function pagesOf(claims: readonly HeldClaim[], { cell, sizeKiB }: FreePages): number {
  const cells = claims.flatMap(({ numaTopology }) => numaTopology?.cells ?? []);
  const ours = cells.filter(({ id, pagesize }) => id === cell && pagesize === sizeKiB);
  return ours.reduce((count, { memory }) => count + (memory * 1024) / sizeKiB, 0);
}

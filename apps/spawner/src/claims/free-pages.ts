import type { HostNumaCell } from '@spawnkit/guest-designer';
import type { Connection } from '@spawnkit/libvirt';
import type { FreePages } from './occupied-cells.ts';

/** How many huge pages of each cell are free, as the daemon's host says. Ordinary pages are left out. */
export async function readFreePages(
  conn: Connection,
  cells: readonly HostNumaCell[],
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<readonly FreePages[]> {
  const { call, nodeGetFreePages } = await import('@spawnkit/libvirt/rpc');
  const perCell = cells.map(async ({ id, pages = [] }): Promise<readonly FreePages[]> => {
    const [, ...huge] = pages.map(({ sizeKiB }) => sizeKiB).toSorted((a, b) => a - b);
    if (huge.length === 0) return [];
    const args = { pages: huge, startCell: id, cellCount: 1, flags: 0 };
    const { counts } = await call(conn, nodeGetFreePages, args, { signal });
    return huge.map((sizeKiB, index) => ({ cell: id, sizeKiB, count: Number(counts[index] ?? 0n) }));
  });
  return (await Promise.all(perCell)).flat();
}

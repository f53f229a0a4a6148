import type { ImageBytes } from './image-bytes.ts';
import type { ImageHazard } from './image-inspection.ts';
import type { Qcow2Header } from './qcow2-header.ts';

const OFFSET_MASK = 0x00fffffffffffe00n;
const COMPRESSED = 1n << 62n;

/**
 * Follows a qcow2 image's tables as far as the budget of `bytes` goes and looks whether every cluster begins inside the
 * file: what a cut-off copy fails.
 */
export async function checkTables(bytes: ImageBytes, header: Qcow2Header): Promise<ImageHazard | undefined> {
  const l1 = await bytes.read(header.l1Offset, header.l1Entries * 8);
  const clusterBytes = 2 ** header.clusterBits;
  for (const table of offsets(l1, 8)) {
    const outside = beyond(bytes, table);
    if (outside) return outside;
    if (bytes.left < clusterBytes) return undefined;
    const l2 = await bytes.read(table, clusterBytes);
    for (const cluster of offsets(l2, header.extendedL2 ? 16 : 8, header.clusterBits)) {
      const gone = beyond(bytes, cluster);
      if (gone) return gone;
    }
  }
  return undefined;
}

/**
 * Where the entries of a table point to; unallocated ones left out. Compressed clusters, which L2 tables have, pack
 * sizes beside offsets.
 */
function* offsets(table: Buffer, entryBytes: number, clusterBits?: number): Generator<bigint> {
  for (let at = 0; at + 8 <= table.length; at += entryBytes) {
    const entry = table.readBigUInt64BE(at);
    const compressed = clusterBits !== undefined && (entry & COMPRESSED) !== 0n;
    const offset = compressed ? entry & ((1n << BigInt(62 - (clusterBits - 8))) - 1n) : entry & OFFSET_MASK;
    if (offset !== 0n) yield offset;
  }
}

function beyond(bytes: ImageBytes, offset: bigint): ImageHazard | undefined {
  if (offset < bytes.size) return undefined;
  const detail = `is damaged or cut off: it has ${bytes.size} bytes and keeps data at ${offset}`;
  return { kind: 'malformed', detail };
}

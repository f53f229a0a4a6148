import type { ImageHazard } from './image-inspection.ts';

/** The fields of a qcow2 header that matter here (QEMU's docs/interop/qcow2.txt). */
export interface Qcow2Header {
  readonly version: number;
  readonly clusterBits: number;
  /** Bytes a guest sees. */
  readonly virtualSize: bigint;
  readonly l1Entries: number;
  readonly l1Offset: bigint;
  readonly refcountTableOffset: bigint;
  readonly refcountTableClusters: number;
  /** Bits of one reference count, as a power of two. */
  readonly refcountOrder: number;
  readonly snapshots: number;
  readonly snapshotsOffset: bigint;
  /** As written in the image. */
  readonly backingFile?: string;
  readonly dataFile?: string;
  readonly extendedL2: boolean;
}

/** A header, as far as it can be read, and what speaks against the image. */
export interface ParsedHeader {
  /** Missing when the image is not readable at all. */
  readonly header?: Qcow2Header;
  readonly hazards: readonly ImageHazard[];
}

const V2_BYTES = 72;
const V3_BYTES = 104;
/** QEMU's own ceilings. */
const MAX_L1_ENTRIES = (32 * 1024 * 1024) / 8;
const MAX_BACKING_NAME = 1023;
const MAX_REFCOUNT_TABLE_BYTES = 8n * 1024n * 1024n;
const MAX_REFCOUNT_ORDER = 6;
const MAX_SNAPSHOTS = 65536;

const INCOMPATIBLE = { corrupt: 1n << 1n, dataFile: 1n << 2n, extendedL2: 1n << 4n };
/** Dirty, corrupt, data file, compression type, extended L2. */
const KNOWN_INCOMPATIBLE = 0b11111n;

const EXTENSION = { end: 0, dataFile: 0x44415441, crypto: 0x0537be77 };

/** Reads a qcow2 header from the beginning of a file of `fileBytes`. Never throws; follows nothing. */
export function parseQcow2Header(head: Buffer, fileBytes: bigint): ParsedHeader {
  const problem = unreadable(head);
  if (problem) return { hazards: [malformed(problem)] };
  const version = head.readUInt32BE(4);
  const incompatible = version >= 3 ? head.readBigUInt64BE(72) : 0n;
  const extensions = readExtensions(head);
  const backingFile = backingName(head);
  const dataFile = extensions.found.get(EXTENSION.dataFile)?.toString('latin1');
  const header: Qcow2Header = {
    version,
    clusterBits: head.readUInt32BE(20),
    virtualSize: head.readBigUInt64BE(24),
    l1Entries: head.readUInt32BE(36),
    l1Offset: head.readBigUInt64BE(40),
    refcountTableOffset: head.readBigUInt64BE(48),
    refcountTableClusters: head.readUInt32BE(56),
    refcountOrder: version >= 3 ? head.readUInt32BE(96) : 4,
    snapshots: head.readUInt32BE(60),
    snapshotsOffset: head.readBigUInt64BE(64),
    ...(backingFile === undefined ? {} : { backingFile }),
    ...(dataFile === undefined ? {} : { dataFile }),
    extendedL2: (incompatible & INCOMPATIBLE.extendedL2) !== 0n,
  };
  return { header, hazards: hazardsOf(head, header, { incompatible, fileBytes, ...extensions }) };
}

/** Why nothing of the header can be trusted. */
function unreadable(head: Buffer): string | undefined {
  if (head.length < V2_BYTES) return `its header is cut off after ${head.length} bytes`;
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) return `its version is ${version}, where 2 and 3 are known`;
  const clusterBits = head.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) return `its clusters have 2^${clusterBits} bytes, where 9 to 21 is allowed`;
  if (version === 2) return undefined;
  const length = head.length < V3_BYTES ? 0 : head.readUInt32BE(100);
  if (length >= V3_BYTES && length % 8 === 0 && length <= 2 ** clusterBits && length <= head.length) return undefined;
  return `its header says that it has ${length} bytes`;
}

interface Facts {
  readonly incompatible: bigint;
  readonly fileBytes: bigint;
  readonly found: ReadonlyMap<number, Buffer>;
  readonly sound: boolean;
}

function hazardsOf(head: Buffer, header: Qcow2Header, facts: Facts): ImageHazard[] {
  const { incompatible, found } = facts;
  const unknown = incompatible & ~KNOWN_INCOMPATIBLE;
  const hasDataFile = (incompatible & INCOMPATIBLE.dataFile) !== 0n || header.dataFile !== undefined;
  const crypt = head.readUInt32BE(32);
  const checks: (ImageHazard | false)[] = [
    (head.readBigUInt64BE(8) !== 0n || head.readUInt32BE(16) !== 0) && {
      kind: 'backing-file',
      detail: `has a backing file, ${quote(header.backingFile)}`,
    },
    hasDataFile && { kind: 'data-file', detail: `keeps its data in another file, ${quote(header.dataFile)}` },
    (crypt !== 0 || found.has(EXTENSION.crypto)) && { kind: 'encrypted', detail: `is encrypted (method ${crypt})` },
    unknown !== 0n && {
      kind: 'unknown-features',
      detail: `needs features nobody knows (bits 0x${unknown.toString(16)})`,
    },
    (incompatible & INCOMPATIBLE.corrupt) !== 0n && { kind: 'corrupt', detail: 'is marked as corrupt' },
    !facts.sound && malformed('its header extensions run over their end'),
    ...tableProblems(header, facts.fileBytes).map(malformed),
  ];
  return checks.filter((check) => check !== false);
}

/** Whether the tables that the header points to can be where it says, and can be large enough. */
function tableProblems(header: Qcow2Header, fileBytes: bigint): string[] {
  const { virtualSize, l1Entries, l1Offset, refcountTableOffset, refcountTableClusters } = header;
  const { refcountOrder, snapshots, snapshotsOffset } = header;
  const cluster = 1n << BigInt(header.clusterBits);
  const refcountBytes = BigInt(refcountTableClusters) * cluster;
  const perL1Entry = cluster * (cluster / (header.extendedL2 ? 16n : 8n));
  const needed = (virtualSize + perL1Entry - 1n) / perL1Entry;
  const outside = (offset: bigint, bytes = 1n) =>
    offset < cluster || offset % cluster !== 0n || offset + bytes > fileBytes;
  const checks: (string | false)[] = [
    (virtualSize === 0n || virtualSize % 512n !== 0n || virtualSize >= 1n << 63n) &&
      `it claims a size of ${virtualSize} bytes, which is no number of sectors`,
    l1Entries > MAX_L1_ENTRIES && `its L1 table has ${l1Entries} entries, where ${MAX_L1_ENTRIES} are allowed`,
    needed > BigInt(l1Entries) && `its L1 table has ${l1Entries} entries, where its size needs ${needed}`,
    l1Entries > 0 &&
      outside(l1Offset, BigInt(l1Entries) * 8n) &&
      `its L1 table at ${l1Offset} is not inside its ${fileBytes} bytes`,
    (refcountTableClusters === 0 || outside(refcountTableOffset)) &&
      `its reference counts at ${refcountTableOffset} are not inside its ${fileBytes} bytes`,
    (refcountBytes > MAX_REFCOUNT_TABLE_BYTES || refcountOrder > MAX_REFCOUNT_ORDER) &&
      `its reference counts have a table of ${refcountBytes} bytes with 2^${refcountOrder} bits each`,
    snapshots > 0 &&
      (snapshots > MAX_SNAPSHOTS || outside(snapshotsOffset)) &&
      `its ${snapshots} snapshots at ${snapshotsOffset} are not inside its ${fileBytes} bytes`,
  ];
  return checks.filter((check) => check !== false);
}

/** The name that QEMU would open; undefined when there is none to be read. */
function backingName(head: Buffer): string | undefined {
  const offset = Number(head.readBigUInt64BE(8));
  const length = Math.min(head.readUInt32BE(16), MAX_BACKING_NAME);
  return length === 0 || offset + length > head.length ? undefined : head.toString('latin1', offset, offset + length);
}

/**
 * Header extensions by type. They end before the backing file's name, or with the first cluster, or with what was read.
 */
function readExtensions(head: Buffer): { readonly found: ReadonlyMap<number, Buffer>; readonly sound: boolean } {
  const found = new Map<number, Buffer>();
  const backing = Number(head.readBigUInt64BE(8));
  const end = Math.min(head.length, 2 ** head.readUInt32BE(20), backing || Number.POSITIVE_INFINITY);
  let offset = head.readUInt32BE(4) === 2 ? V2_BYTES : head.readUInt32BE(100);
  while (offset + 8 <= end) {
    const type = head.readUInt32BE(offset);
    const length = head.readUInt32BE(offset + 4);
    if (type === EXTENSION.end) break;
    if (offset + 8 + length > end) return { found, sound: false };
    found.set(type, head.subarray(offset + 8, offset + 8 + length));
    offset += 8 + Math.ceil(length / 8) * 8;
  }
  return { found, sound: true };
}

function malformed(problem: string): ImageHazard {
  return { kind: 'malformed', detail: `is damaged: ${problem}` };
}

/** Bytes of an image are shown as JSON and cut. */
function quote(name: string | undefined): string {
  return name === undefined ? 'without a name that can be read' : JSON.stringify(name.slice(0, 128));
}

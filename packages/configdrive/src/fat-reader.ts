import type { DriveFile } from './drive-file.ts';
import { FatChain, type FatGeometry, fatGeometry } from './fat-chain.ts';
import { maxReadDepth, maxReadEntries, slice, unreadable } from './image-view.ts';
import type { DriveContents } from './read-config-drive.ts';

const entryBytes = 32;
const attributes = { volume: 0x08, directory: 0x10, longName: 0x0f } as const;
/** Where a long name entry keeps its thirteen UTF-16 units. */
const longNameRanges = [
  [1, 11],
  [14, 26],
  [28, 32],
] as const;

interface Entry {
  readonly name: string;
  readonly directory: boolean;
  readonly cluster: number;
  readonly bytes: number;
}

/** True for an image with a FAT boot sector. */
export function isFat(image: Buffer): boolean {
  return image.length >= 512 && image.readUInt16LE(510) === 0xaa55 && image.readUInt16LE(11) >= 512;
}

/** Reads all files of a FAT12, FAT16 or FAT32 image, long names included. Throws UNREADABLE_DRIVE. */
export function readFat(image: Buffer): DriveContents {
  const geometry = fatGeometry(image);
  const chain = new FatChain(image, geometry);
  const files: DriveFile[] = [];
  let count = 0;
  const visit = (directory: Buffer, prefix: string, depth: number): void => {
    if (depth > maxReadDepth) throw unreadable(`directories are nested deeper than ${maxReadDepth}`);
    for (const entry of entriesOf(directory)) {
      if (++count > maxReadEntries) throw unreadable(`it has more than ${maxReadEntries} entries`);
      const path = `${prefix}${entry.name}`;
      if (entry.directory) visit(chain.read(entry.cluster), `${path}/`, depth + 1);
      else files.push({ path, content: contentOf(chain, entry, path) });
    }
  };
  visit(rootDirectory(image, geometry, chain), '', 0);
  const labelAt = geometry.bits === 32 ? 71 : 43;
  return { format: 'vfat', label: image.toString('latin1', labelAt, labelAt + 11).trimEnd(), files };
}

function rootDirectory(image: Buffer, geometry: FatGeometry, chain: FatChain): Buffer {
  if (geometry.bits === 32) return chain.read(geometry.rootCluster);
  return slice(image, geometry.rootOffset, geometry.rootBytes);
}

function contentOf(chain: FatChain, entry: Entry, path: string): Uint8Array {
  if (entry.bytes === 0) return new Uint8Array();
  const clusters = chain.read(entry.cluster);
  if (clusters.length < entry.bytes) {
    throw unreadable(`"${path}" says ${entry.bytes} bytes and has clusters for ${clusters.length}`);
  }
  return new Uint8Array(clusters.subarray(0, entry.bytes));
}

function entriesOf(directory: Buffer): Entry[] {
  const entries: Entry[] = [];
  let longName = '';
  for (let offset = 0; offset + entryBytes <= directory.length; offset += entryBytes) {
    const raw = directory.subarray(offset, offset + entryBytes);
    const first = raw.readUInt8(0);
    const attribute = raw.readUInt8(11);
    if (first === 0) break;
    if (first === 0xe5) {
      longName = '';
    } else if ((attribute & 0x3f) === attributes.longName) {
      // The parts of a long name stand last part first.
      longName = longNamePart(raw) + longName;
    } else {
      const name = longName.split('\0', 1)[0] || shortName(raw);
      longName = '';
      if (attribute & attributes.volume || name === '.' || name === '..') continue;
      if (/[/\\]/.test(name)) throw unreadable(`a file is named ${JSON.stringify(name)}`);
      entries.push({ name, directory: (attribute & attributes.directory) !== 0, ...place(raw) });
    }
  }
  return entries;
}

function place(raw: Buffer): { cluster: number; bytes: number } {
  return { cluster: (raw.readUInt16LE(20) << 16) | raw.readUInt16LE(26), bytes: raw.readUInt32LE(28) };
}

function longNamePart(raw: Buffer): string {
  return longNameRanges.map(([start, end]) => raw.toString('utf16le', start, end)).join('');
}

function shortName(raw: Buffer): string {
  // Windows NT keeps "all lower case" of base and extension as two bits.
  const cases = raw.readUInt8(12);
  const base = raw.toString('latin1', 0, 8).trimEnd();
  const extension = raw.toString('latin1', 8, 11).trimEnd();
  const parts = [cases & 0x08 ? base.toLowerCase() : base, cases & 0x10 ? extension.toLowerCase() : extension];
  return parts.filter(Boolean).join('.');
}

import type { DriveFile } from './drive-file.ts';
import { maxReadDepth, maxReadEntries, slice, unreadable } from './image-view.ts';
import type { DriveContents } from './read-config-drive.ts';

const sector = 2048;
const descriptorTypes = { primary: 1, supplementary: 2, end: 255 } as const;
/** UCS-2 levels 1 to 3 (Joliet specification). */
const jolietEscapes = ['%/@', '%/C', '%/E'];

interface DirectoryRecord {
  readonly name: string;
  readonly directory: boolean;
  readonly offset: number;
  readonly bytes: number;
}

/** True for an image with ISO 9660 volume descriptors (ECMA-119, clause 8). */
export function isIso(image: Buffer): boolean {
  return image.length >= 17 * sector && image.toString('latin1', 16 * sector + 1, 16 * sector + 6) === 'CD001';
}

/** Reads all files; Joliet names where the image has them. Throws UNREADABLE_DRIVE. */
export function readIso(image: Buffer): DriveContents {
  const descriptors = volumeDescriptors(image);
  const primary = descriptors.find((descriptor) => descriptor[0] === descriptorTypes.primary);
  if (!primary) throw unreadable('the ISO has no primary volume descriptor');
  const joliet = descriptors.find(
    (descriptor) =>
      descriptor[0] === descriptorTypes.supplementary && jolietEscapes.includes(descriptor.toString('latin1', 88, 91)),
  );
  const root = directoryRecord((joliet ?? primary).subarray(156, 190), false);
  return {
    format: 'iso9660',
    label: primary.toString('latin1', 40, 72).trimEnd(),
    publisher: primary.toString('latin1', 318, 446).trimEnd(),
    files: walk(image, root, joliet !== undefined),
  };
}

function volumeDescriptors(image: Buffer): Buffer[] {
  const descriptors: Buffer[] = [];
  for (let index = 16; index < 16 + 64; index++) {
    const descriptor = slice(image, index * sector, sector);
    if (descriptor.toString('latin1', 1, 6) !== 'CD001') throw unreadable(`sector ${index} is no volume descriptor`);
    if (descriptor[0] === descriptorTypes.end) return descriptors;
    descriptors.push(descriptor);
  }
  throw unreadable('the volume descriptors have no end');
}

function walk(image: Buffer, root: DirectoryRecord, joliet: boolean): DriveFile[] {
  const files: DriveFile[] = [];
  let entries = 0;
  const visit = (directory: DirectoryRecord, prefix: string, depth: number): void => {
    if (depth > maxReadDepth) throw unreadable(`directories are nested deeper than ${maxReadDepth}`);
    for (const record of records(slice(image, directory.offset, directory.bytes), joliet)) {
      if (++entries > maxReadEntries) throw unreadable(`it has more than ${maxReadEntries} entries`);
      const path = `${prefix}${record.name}`;
      if (record.directory) visit(record, `${path}/`, depth + 1);
      else files.push({ path, content: new Uint8Array(slice(image, record.offset, record.bytes)) });
    }
  };
  visit(root, '', 0);
  return files;
}

function records(extent: Buffer, joliet: boolean): DirectoryRecord[] {
  const found: DirectoryRecord[] = [];
  let offset = 0;
  while (offset < extent.length) {
    const length = extent.readUInt8(offset);
    if (length === 0) {
      // Records never cross a sector; the rest of one is zero.
      offset = (Math.floor(offset / sector) + 1) * sector;
      continue;
    }
    const record = directoryRecord(slice(extent, offset, length), joliet);
    if (record.name !== '\0' && record.name !== '\u0001') found.push(record);
    offset += length;
  }
  return found;
}

function directoryRecord(record: Buffer, joliet: boolean): DirectoryRecord {
  if (record.length < 34) throw unreadable(`a directory record has ${record.length} bytes, at least 34 are needed`);
  const flags = record.readUInt8(25);
  if (flags & 0x80) throw unreadable('a file is split over several extents');
  const raw = slice(record, 33, record.readUInt8(32));
  return {
    name: raw.length === 1 ? raw.toString('latin1') : fileName(raw, joliet),
    directory: (flags & 0x02) !== 0,
    offset: record.readUInt32LE(2) * sector,
    bytes: record.readUInt32LE(10),
  };
}

function fileName(raw: Buffer, joliet: boolean): string {
  const text = joliet
    ? Buffer.from(raw.subarray(0, raw.length & ~1))
        .swap16()
        .toString('utf16le')
    : raw.toString('latin1');
  const name = text.replace(/;\d+$/, '').replace(/\.$/, '');
  if (name === '..' || name === '.' || name === '' || /[/\0]/.test(name)) {
    throw unreadable(`a file is named ${JSON.stringify(name)}`);
  }
  return name;
}

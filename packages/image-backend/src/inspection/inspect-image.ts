import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ImageBackendError } from '../errors.ts';
import { type ImageBytes, imageBytes } from './image-bytes.ts';
import type { ImageHazard, ImageInspection } from './image-inspection.ts';
import { parseQcow2Header } from './qcow2-header.ts';
import { checkTables } from './qcow2-tables.ts';
import { rawContents } from './raw-contents.ts';
import { type Ends, isVmdkDescriptor, matchSignatures } from './signatures.ts';

/** What one inspection reads at most: enough for the tables of a full qcow2 of about 64 GiB. */
export const inspectionBytes = 8 * 1024 * 1024;
/** Reaches the superblock of btrfs, the last thing that is looked for. */
const HEAD_BYTES = 68 * 1024;
const TAIL_BYTES = 512;

/**
 * What a file is, by its own bytes: read in-process, at most 8 MiB of it, and no other file. A name or a declared
 * format has no say in it. Throws `ImageBackendError` `SOURCE_UNREADABLE`, or the signal's reason.
 */
export async function inspectImage(
  path: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ImageInspection> {
  signal?.throwIfAborted();
  try {
    // A pipe must not block the opening.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await handle.stat()).isFile()) throw new Error('it is not a regular file');
    return await inspectHandle(handle);
  } catch (cause) {
    throw new ImageBackendError(
      'SOURCE_UNREADABLE',
      `Cannot inspect "${path}": ${(cause as Error).message}. Give a regular file that this user may read.`,
      { path },
      { cause },
    );
  }
}

/** The same for an open file. */
export async function inspectHandle(handle: FileHandle): Promise<ImageInspection> {
  const bytes = await imageBytes(handle, inspectionBytes);
  const head = await bytes.read(0n, HEAD_BYTES);
  const tail =
    bytes.size < TAIL_BYTES ? Buffer.alloc(0) : await bytes.read(bytes.size - BigInt(TAIL_BYTES), TAIL_BYTES);
  const [first, ...others] = matchSignatures({ head, tail });
  if (!first) return rawInspection(head, bytes.size);
  const several: ImageHazard[] = others.length === 0 ? [] : [severalFormats([first, ...others])];
  if (first.format === 'iso') return { ...isoInspection(head, bytes.size), hazards: several };
  if (first.format === 'qcow2') return qcow2Inspection(bytes, head, several);
  const { format, virtualSize = bytes.size } = first;
  return {
    format,
    virtualSize,
    fileBytes: bytes.size,
    hazards: [...several, ...foreignHazards(format, { head, tail })],
  };
}

function rawInspection(head: Buffer, fileBytes: bigint): ImageInspection {
  const contents = rawContents(head);
  const hazards: ImageHazard[] = fileBytes === 0n ? [{ kind: 'malformed', detail: 'is empty' }] : [];
  return { format: 'raw', virtualSize: wholeSectors(fileBytes), fileBytes, ...(contents && { contents }), hazards };
}

/** A hybrid ISO begins like a disk and may be used as one. */
function isoInspection(head: Buffer, fileBytes: bigint): Omit<ImageInspection, 'hazards'> {
  const disk = rawContents(head);
  const contents = disk === 'mbr' || disk === 'gpt' ? disk : 'iso';
  return { format: 'iso', virtualSize: wholeSectors(fileBytes), fileBytes, contents };
}

async function qcow2Inspection(
  bytes: ImageBytes,
  head: Buffer,
  several: readonly ImageHazard[],
): Promise<ImageInspection> {
  const { header, hazards } = parseQcow2Header(head, bytes.size);
  const known = [...several, ...hazards];
  if (!header) return { format: 'qcow2', virtualSize: bytes.size, fileBytes: bytes.size, hazards: known };
  // With its data elsewhere, the offsets are not those of this file; with a broken header, they are nothing.
  const broken = known.some(({ kind }) => kind === 'malformed' || kind === 'data-file');
  const cutOff = broken ? undefined : await checkTables(bytes, header);
  const { virtualSize, backingFile, dataFile, clusterBits } = header;
  return {
    format: 'qcow2',
    virtualSize,
    fileBytes: bytes.size,
    ...(backingFile === undefined ? {} : { backingFile }),
    ...(dataFile === undefined ? {} : { dataFile }),
    clusterBytes: 2 ** clusterBits,
    hazards: cutOff ? [...known, cutOff] : known,
  };
}

/** None of these formats is used; what is known to be worse than that is said all the same. */
function foreignHazards(format: ImageInspection['format'], { head }: Ends): ImageHazard[] {
  if (format === 'luks') return [{ kind: 'encrypted', detail: 'is encrypted (LUKS)' }];
  if (format === 'vmdk' && isVmdkDescriptor(head)) {
    return [{ kind: 'extent-files', detail: 'is a text that names other files' }];
  }
  return [];
}

function severalFormats(found: readonly { readonly format: string }[]): ImageHazard {
  const names = found.map(({ format }) => format).join(' and ');
  return { kind: 'several-formats', detail: `looks like ${names} at the same time` };
}

/** As QEMU shows a file to a guest. */
function wholeSectors(bytes: bigint): bigint {
  return ((bytes + 511n) / 512n) * 512n;
}

import type { ImageFormat } from './image-inspection.ts';

/** The parts of a file that tell its format. */
export interface Ends {
  /** The first 68 KiB, or all there is. */
  readonly head: Buffer;
  /** The last 512 bytes, where trailers and footers are. */
  readonly tail: Buffer;
}

/** How one format is recognised, and where its header says how large a guest sees it. */
interface Signature {
  readonly format: Exclude<ImageFormat, 'raw'>;
  readonly matches: (ends: Ends) => boolean;
  /** Bytes; undefined when the header is too short. */
  readonly virtualSize?: (ends: Ends) => bigint | undefined;
}

/** Magic numbers of the formats that QEMU would probe, and of some that it would not. */
const signatures: readonly Signature[] = [
  { format: 'qcow2', matches: ({ head }) => startsWith(head, 'QFI\xfb') && readU32(head, 4) !== 1 },
  {
    format: 'qcow',
    matches: ({ head }) => startsWith(head, 'QFI\xfb') && readU32(head, 4) === 1,
    virtualSize: ({ head }) => readU64(head, 24),
  },
  { format: 'qed', matches: ({ head }) => startsWith(head, 'QED\0'), virtualSize: ({ head }) => readU64le(head, 48) },
  {
    format: 'vmdk',
    matches: ({ head }) => startsWith(head, 'KDMV') || startsWith(head, 'COWD') || isVmdkDescriptor(head),
    virtualSize: ({ head }) => (startsWith(head, 'KDMV') ? times512(readU64le(head, 12)) : undefined),
  },
  {
    format: 'vdi',
    matches: ({ head }) => readU32le(head, 64) === 0xbeda107f,
    virtualSize: ({ head }) => readU64le(head, 368),
  },
  { format: 'vhdx', matches: ({ head }) => startsWith(head, 'vhdxfile') },
  {
    format: 'vhd',
    matches: ({ head, tail }) => startsWith(head, 'conectix') || startsWith(tail, 'conectix'),
    virtualSize: ({ head, tail }) => readU64(startsWith(tail, 'conectix') ? tail : head, 48),
  },
  { format: 'luks', matches: ({ head }) => startsWith(head, 'LUKS\xba\xbe') },
  {
    format: 'parallels',
    matches: ({ head }) => startsWith(head, 'WithoutFreeSpace') || startsWith(head, 'WithouFreSpacExt'),
  },
  { format: 'bochs', matches: ({ head }) => startsWith(head, 'Bochs Virtual HD Image') },
  { format: 'cloop', matches: ({ head }) => startsWith(head, '#!/bin/sh\n#V2.0 Format\nmodprobe cloop') },
  { format: 'dmg', matches: ({ tail }) => startsWith(tail, 'koly') },
  { format: 'iso', matches: ({ head }) => head.subarray(0x8001, 0x8006).equals(Buffer.from('CD001')) },
];

/** All formats that these bytes claim to be, which should be one or none, with the size that the header states. */
export function matchSignatures(ends: Ends): { readonly format: ImageFormat; readonly virtualSize?: bigint }[] {
  return signatures
    .filter(({ matches }) => matches(ends))
    .map(({ format, virtualSize }) => {
      const size = virtualSize?.(ends);
      return size === undefined ? { format } : { format, virtualSize: size };
    });
}

/** A VMDK whose data lies in other files, named by a text: comments, then a version, as QEMU recognises it. */
export function isVmdkDescriptor(head: Buffer): boolean {
  const lines = head.subarray(0, 2048).toString('latin1').split('\n');
  const first = lines.find((line) => !line.startsWith('#') && line.trim() !== '');
  return /^version=\d/.test(first ?? '') || /^# Disk DescriptorFile/i.test(lines[0] ?? '');
}

function startsWith(bytes: Buffer, magic: string): boolean {
  return bytes.subarray(0, magic.length).equals(Buffer.from(magic, 'latin1'));
}

function readU32(bytes: Buffer, offset: number): number | undefined {
  return offset + 4 <= bytes.length ? bytes.readUInt32BE(offset) : undefined;
}

function readU32le(bytes: Buffer, offset: number): number | undefined {
  return offset + 4 <= bytes.length ? bytes.readUInt32LE(offset) : undefined;
}

function readU64(bytes: Buffer, offset: number): bigint | undefined {
  return offset + 8 <= bytes.length ? bytes.readBigUInt64BE(offset) : undefined;
}

function readU64le(bytes: Buffer, offset: number): bigint | undefined {
  return offset + 8 <= bytes.length ? bytes.readBigUInt64LE(offset) : undefined;
}

function times512(sectors: bigint | undefined): bigint | undefined {
  return sectors === undefined ? undefined : sectors * 512n;
}

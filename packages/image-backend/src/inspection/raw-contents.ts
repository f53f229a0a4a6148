import type { ImageContents } from './image-inspection.ts';

/**
 * What the first blocks of a raw disk show; undefined when nothing is recognised. `head` is at least 68 KiB unless the
 * file is shorter.
 */
export function rawContents(head: Buffer): ImageContents | undefined {
  if ([512, 4096].some((sectorBytes) => hasText(head, sectorBytes, 'EFI PART'))) return 'gpt';
  if (hasPartitions(head)) return 'mbr';
  if (head.length >= 1082 && head.readUInt16LE(1080) === 0xef53) return 'ext';
  if (hasText(head, 0, 'XFSB')) return 'xfs';
  if (hasText(head, 65600, '_BHRfS_M')) return 'btrfs';
  return isText(head.subarray(0, 4096)) ? 'text' : undefined;
}

/** A boot record: its signature, and four entries of which each is bootable or not, and one at least is used. */
function hasPartitions(head: Buffer): boolean {
  if (head.length < 512 || head.readUInt16LE(510) !== 0xaa55) return false;
  const entries = [446, 462, 478, 494].map((offset) => head.subarray(offset, offset + 16));
  const sound = entries.every(([status]) => status === 0x00 || status === 0x80);
  return sound && entries.some((entry) => entry[4] !== 0 && entry.readUInt32LE(12) > 0);
}

function isText(start: Buffer): boolean {
  // Control bytes other than white space never occur in pages and scripts, and soon do elsewhere.
  return (
    start.length > 0 && start.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d)) && !start.includes(0x7f)
  );
}

function hasText(head: Buffer, offset: number, text: string): boolean {
  return head.subarray(offset, offset + text.length).equals(Buffer.from(text, 'latin1'));
}

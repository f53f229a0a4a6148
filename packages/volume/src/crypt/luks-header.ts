import { open } from 'node:fs/promises';

const LUKS_MAGIC = Buffer.from([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe]);
const QCOW2_MAGIC = Buffer.from('QFI\xfb', 'latin1');
/** Where a qcow2 header says how its data are encrypted, and what it says for LUKS. */
const CRYPT_METHOD_AT = 32;
const CRYPT_METHOD_LUKS = 2;

/** Whether a device or file begins with LUKS's magic, or is a qcow2 image whose data LUKS encrypts. Errors of the file system pass. */
export async function hasLuksHeader(path: string, imageFormat: string): Promise<boolean> {
  const header = await firstBytes(path, CRYPT_METHOD_AT + 4);
  if (imageFormat !== 'qcow2') return header.subarray(0, LUKS_MAGIC.length).equals(LUKS_MAGIC);
  if (header.length < CRYPT_METHOD_AT + 4 || !header.subarray(0, 4).equals(QCOW2_MAGIC)) return false;
  return header.readUInt32BE(CRYPT_METHOD_AT) === CRYPT_METHOD_LUKS;
}

/** Whether the first bytes are all zero. */
export async function beginsWithZeros(path: string, bytes: number): Promise<boolean> {
  const read = await firstBytes(path, bytes);
  return read.every((byte) => byte === 0);
}

async function firstBytes(path: string, bytes: number): Promise<Buffer> {
  await using file = await open(path, 'r');
  const buffer = Buffer.alloc(bytes);
  let length = 0;
  while (length < bytes) {
    const { bytesRead } = await file.read(buffer, length, bytes - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

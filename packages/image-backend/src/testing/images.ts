import { createHash } from 'node:crypto';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskSource } from '../disk-source.ts';
import type { BaseImage } from '../image-cache.ts';
import type { CaseContext } from './backend-contract.ts';

/** Bytes of the disk image below. */
export const IMAGE_BYTES = 1024n ** 2n;

/** A disk of 1 MiB with a partition table, and bytes at its beginning, middle and end. */
export function diskBytes(seed = 'image'): Buffer {
  const bytes = Buffer.alloc(Number(IMAGE_BYTES));
  const noise = createHash('sha512').update(seed).digest();
  for (const offset of [0, 500_000, bytes.length - noise.length]) noise.copy(bytes, offset);
  Buffer.from([0x80, 0, 0, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 7, 0, 0]).copy(bytes, 446);
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
}

/** Such an image in the cache, as raw or qcow2. */
export async function pullDisk(
  context: CaseContext,
  format: 'raw' | 'qcow2' = 'raw',
  seed?: string,
): Promise<BaseImage> {
  const { cache, instancesPath, exec } = context;
  const raw = join(instancesPath, 'source.raw');
  await writeFile(raw, diskBytes(seed));
  const path = format === 'raw' ? raw : join(instancesPath, 'source.qcow2');
  if (format === 'qcow2') await exec('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, path]);
  return cache.pull({ source: { type: 'file', path }, kind: 'disk', declaredFormat: format });
}

/** All that a guest would read from a disk. */
export async function guestBytes(context: CaseContext, source: DiskSource): Promise<Buffer> {
  return (await guestView(context, source, Number.MAX_SAFE_INTEGER)).head;
}

/** How large a guest sees a disk, and its first bytes. */
export async function guestView(
  { exec, instancesPath, storage }: CaseContext,
  source: DiskSource,
  headBytes: number,
): Promise<{ readonly size: number; readonly head: Buffer }> {
  const out = join(instancesPath, 'guest.raw');
  await exec('qemu-img', ['convert', ...toolFlags(storage, source), '-O', 'raw', storage.toolName(source), out]);
  try {
    await using handle = await open(out, 'r');
    const { size } = await handle.stat();
    const head = Buffer.alloc(Math.min(size, headBytes));
    await handle.read(head, 0, head.length, 0);
    return { size, head };
  } finally {
    await rm(out);
  }
}

/** Everything that the instance has in its storage. */
export async function leftIn({ storage, disk }: CaseContext): Promise<readonly string[]> {
  return (await storage.names(disk.instanceId)).toSorted();
}

/** Writes one byte all over a part of a disk, as a guest would. */
export async function writeAsGuest(
  { exec, storage }: CaseContext,
  source: DiskSource,
  { byte, offset, length }: { readonly byte: number; readonly offset: number; readonly length: number },
): Promise<void> {
  const act = `write -P ${byte} ${offset} ${length}`;
  await exec('qemu-io', [...toolFlags(storage, source), '-c', act, storage.toolName(source)]);
}

function toolFlags(storage: CaseContext['storage'], source: DiskSource): readonly string[] {
  return storage.toolFlags?.(source) ?? ['-f', source.format];
}

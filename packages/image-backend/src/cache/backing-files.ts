import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { absent } from '../files.ts';
import { imageBytes } from '../inspection/image-bytes.ts';
import { parseQcow2Header } from '../inspection/qcow2-header.ts';

/** A disk below the instances path and what its header names as its backing file. */
export interface DiskBacking {
  readonly disk: string;
  /** Undefined for a disk that cannot be read, or just got another name: it may depend on anything. */
  readonly backingFile: string | undefined;
}

/** Larger than any cluster that a name is kept in by the tools in use. */
const HEADER_BYTES = 68 * 1024;

/** The disks of all instances that have, or may have, a backing file. */
export async function backingFiles(instancesPath: string, signal?: AbortSignal): Promise<readonly DiskBacking[]> {
  const found: DiskBacking[] = [];
  for (const directory of (await readdir(instancesPath, { withFileTypes: true }).catch(absent)) ?? []) {
    if (!directory.isDirectory() || directory.name === '_base' || directory.name === 'locks') continue;
    signal?.throwIfAborted();
    const path = join(instancesPath, directory.name);
    for (const entry of (await readdir(path, { withFileTypes: true }).catch(absent)) ?? []) {
      if (entry.isDirectory()) continue;
      const backing = await readBacking(join(path, entry.name));
      if (backing) found.push(backing);
    }
  }
  return found;
}

/** Those that depend on a base of this name, however they write its path. */
export function disksUsing(name: string, disks: readonly DiskBacking[]): readonly string[] {
  return disks.filter(({ backingFile }) => backingFile?.includes(name) ?? true).map(({ disk }) => disk);
}

async function readBacking(disk: string): Promise<DiskBacking | undefined> {
  try {
    await using handle = await open(disk, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await handle.stat()).isFile()) return undefined;
    const head = await (await imageBytes(handle, HEADER_BYTES)).read(0n, HEADER_BYTES);
    if (!head.subarray(0, 4).equals(Buffer.from('QFI\xfb', 'latin1'))) return undefined;
    const { header, hazards } = parseQcow2Header(head, 1n << 62n);
    const named = hazards.some(({ kind }) => kind === 'backing-file' || kind === 'malformed');
    return named ? { disk, backingFile: header?.backingFile } : undefined;
  } catch {
    return { disk, backingFile: undefined };
  }
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../failure.ts';
import { absent } from '../files.ts';
import type { CachedImage } from '../image-cache.ts';
import { backingFiles, type DiskBacking, disksUsing } from './backing-files.ts';
import { readRecord, recordPath } from './base-record.ts';
import { leftoverSuffixes } from './cache-paths.ts';

export interface ListOptions {
  readonly instancesPath: string;
  readonly directory: string;
  readonly signal?: AbortSignal | undefined;
}

/** `ImageCache.list`: by name. Records are not listed, except those that have lost their base. */
export async function listImages(options: ListOptions): Promise<readonly CachedImage[]> {
  try {
    return await describeAll(options);
  } catch (cause) {
    throw failure(`list the cache "${options.directory}"`, cause, options.signal);
  }
}

/** The base that a leftover belongs to; undefined for what is no leftover. */
export function leftoverOf(name: string): string | undefined {
  const suffix = [...leftoverSuffixes, '.json'].find((one) => name.endsWith(one));
  return suffix && name.slice(0, -suffix.length);
}

async function describeAll({ instancesPath, directory, signal }: ListOptions): Promise<readonly CachedImage[]> {
  const names = (await readdir(directory).catch(absent)) ?? [];
  const disks = names.length > 0 ? await backingFiles(instancesPath, signal) : [];
  const present = new Set(names);
  const found: CachedImage[] = [];
  for (const name of names.toSorted()) {
    signal?.throwIfAborted();
    if (isRecordOf(name, present)) continue;
    const image = await describe(join(directory, name), name, disks);
    if (image) found.push(image);
  }
  return found;
}

function isRecordOf(name: string, present: ReadonlySet<string>): boolean {
  return name.endsWith('.json') && present.has(name.slice(0, -'.json'.length));
}

/** Undefined for what was removed meanwhile. */
async function describe(path: string, name: string, disks: readonly DiskBacking[]): Promise<CachedImage | undefined> {
  const file = await stat(path, { bigint: true }).catch(absent);
  if (!file) return undefined;
  const record = await readRecord(path);
  const used = record && (await stat(recordPath(path)).catch(absent));
  const isLeftover = file.isFile() && leftoverOf(name) !== undefined;
  return {
    name,
    path,
    role: record?.role ?? (isLeftover ? 'leftover' : 'unknown'),
    ...(record?.role === 'image' ? { imageId: record.imageId } : {}),
    fileBytes: file.size,
    allocatedBytes: file.blocks * 512n,
    lastUsedMs: Math.floor(used?.mtimeMs ?? Number(file.mtimeMs)),
    usedBy: isLeftover ? [] : disksUsing(name, disks),
  };
}

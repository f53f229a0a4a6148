import { chmod, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ImageBackendError } from '../errors.ts';
import { type FileIdentity, identityOf, sync } from '../files.ts';
import { backingFiles, disksUsing } from './backing-files.ts';
import { type BaseRecord, touchRecord, writeRecord } from './base-record.ts';
import type { CacheContext } from './cache-context.ts';
import { hashFile } from './prepare-image.ts';

/** A finished file and the base that it becomes. */
export interface NewBase<Recorded extends BaseRecord> {
  /** The finished file, in the cache's directory. */
  readonly from: string;
  readonly name: string;
  readonly path: string;
  /** Missing for what is made here: no two makings have the same bytes. */
  readonly sha256?: string;
  readonly record: (identity: FileIdentity) => Recorded;
}

/**
 * Under the base's lock: makes a finished file the base, durable and in one step. A file that is there already has no
 * record that fits; it is replaced, unless disks depend on it: then it stays if it has the same content, else
 * `BASE_IN_USE` is thrown.
 */
export async function publishBase<Recorded extends BaseRecord>(
  cache: Pick<CacheContext, 'instancesPath' | 'clock'>,
  base: NewBase<Recorded>,
  signal: AbortSignal | undefined,
): Promise<Recorded> {
  const { from, path } = base;
  await chmod(from, 0o644);
  await sync(from);
  const kept = await usedFile(cache.instancesPath, base, signal);
  const identity = kept ?? (await identityOf(from));
  if (!identity) throw new Error(`"${from}" vanished while its lock was held`);
  const record = base.record(identity);
  await writeRecord(path, record);
  await touchRecord(path, cache.clock.now());
  if (!kept) await rename(from, path);
  await sync(dirname(path));
  return record;
}

/** The file that stands in the base's place and has to stay. */
async function usedFile(
  instancesPath: string,
  { name, path, sha256 }: NewBase<BaseRecord>,
  signal: AbortSignal | undefined,
): Promise<FileIdentity | undefined> {
  const existing = await identityOf(path);
  const disks = existing ? disksUsing(name, await backingFiles(instancesPath, signal)) : [];
  if (disks.length === 0) return undefined;
  if (sha256 !== undefined && (await hashFile(path, signal)) === sha256) return existing;
  throw new ImageBackendError(
    'BASE_IN_USE',
    `The file "${path}" is not what is to be there, and disks depend on it: ${disks.join(', ')}. ` +
      'Give the image another id, or remove these disks.',
    { path, disks },
  );
}

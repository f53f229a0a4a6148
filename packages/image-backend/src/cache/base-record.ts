import { open, readFile, rename, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { absent, type FileIdentity, identityOf, isErrno, sameFile, sync } from '../files.ts';
import type { ImageInspection } from '../inspection/image-inspection.ts';

/** What the cache knows about a fetched image. */
export interface ImageRecord {
  readonly role: 'image';
  readonly identity: FileIdentity;
  readonly imageId: string;
  readonly format: 'raw' | 'qcow2';
  readonly virtualSize: bigint;
  /** Of the file in the cache. */
  readonly sha256: string;
  /** Of what was fetched; the same unless it was unpacked or converted. */
  readonly sourceSha256: string;
  readonly sourceSha512?: string;
  readonly sourceMd5?: string;
  /** Of what was fetched. Missing for kernels and ramdisks. */
  readonly inspection?: ImageInspection;
}

/** What the cache knows about an empty file system or swap space, made here once. */
export interface ScratchRecord {
  readonly role: 'ephemeral' | 'swap';
  /** The command or file system, and the label: bases of one name and other content are told apart. */
  readonly content?: string;
  readonly identity: FileIdentity;
  readonly virtualSize: bigint;
}

/**
 * Stands beside each base as `<name>.json`. A base without a record was not completed here and is not used. The
 * record's modification time is when the base was last used, so that the base itself never changes.
 */
export type BaseRecord = ImageRecord | ScratchRecord;

const BIGINTS: ReadonlySet<string> = new Set(['size', 'inode', 'modifiedNs', 'virtualSize', 'fileBytes']);

/** Where the record of a base is. */
export function recordPath(base: string): string {
  return `${base}.json`;
}

/** The record of a base whose file is still the recorded one. */
export async function readRecord(base: string): Promise<BaseRecord | undefined> {
  const record = await recordOf(base);
  const found = record && (await identityOf(base));
  return found && sameFile(found, record.identity) ? record : undefined;
}

/** What is recorded of a base, whatever its file is now. */
export async function recordOf(base: string): Promise<BaseRecord | undefined> {
  const text = await readFile(recordPath(base), 'utf8').catch(absent);
  return text === undefined ? undefined : parseRecord(text);
}

/** Marks a base as used now. False when it has no record. A cache that may only be read is never pruned from here. */
export async function touchRecord(base: string, nowMs: number): Promise<boolean> {
  try {
    await utimes(recordPath(base), nowMs / 1000, nowMs / 1000);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    if (isErrno(error, 'EACCES', 'EPERM', 'EROFS')) return true;
    throw error;
  }
}

/**
 * Writes a record before its base is renamed into place: a crash in between leaves a record without a file, which is
 * nothing.
 */
export async function writeRecord(base: string, record: BaseRecord): Promise<void> {
  const path = recordPath(base);
  await rm(`${path}.new`, { force: true });
  {
    await using handle = await open(`${path}.new`, 'wx', 0o644);
    await handle.writeFile(
      `${JSON.stringify(record, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}\n`,
    );
    await handle.sync();
  }
  await rename(`${path}.new`, path);
  await sync(dirname(path));
}

/** Undefined for what is no record of this version: the base then counts as unknown. */
function parseRecord(text: string): BaseRecord | undefined {
  try {
    const value: unknown = JSON.parse(text, (key, one) => (BIGINTS.has(key) ? BigInt(one as string) : one));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is BaseRecord {
  const record = value as Partial<ImageRecord> | null;
  const { size, inode, modifiedNs } = record?.identity ?? {};
  if (![size, inode, modifiedNs, record?.virtualSize].every((number) => typeof number === 'bigint')) return false;
  const role: unknown = record?.role;
  if (role === 'ephemeral' || role === 'swap') return true;
  const hashes = [record?.sha256, record?.sourceSha256];
  const formatted = record?.format === 'raw' || record?.format === 'qcow2';
  const inspected = record?.inspection === undefined || Array.isArray(record.inspection.hazards);
  return role === 'image' && formatted && inspected && hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash ?? ''));
}

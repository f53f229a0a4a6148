import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failure } from '../failure.ts';
import { isErrno } from '../files.ts';
import { ImageBackendError } from '../errors.ts';

/**
 * Notes in `disk.info` of the instance path which format a disk has, as Nova does for its own tools: one JSON object,
 * path → format. An entry that is there stays. Throws `ImageBackendError` `STORAGE_FAILED`, `NO_SPACE`.
 */
export function noteDiskFormat(path: string, format: 'raw' | 'qcow2'): void {
  changeNotes(path, (notes) => {
    if (!notes) throw unreadable(path);
    return Object.hasOwn(notes, path) ? undefined : { ...notes, [path]: format };
  });
}

/** Takes a disk's entry away. Idempotent; a file that cannot be understood stays as it is. Throws as above. */
export function forgetDiskFormat(path: string): void {
  changeNotes(path, (notes) => {
    const { [path]: format, ...others } = notes ?? {};
    return format === undefined ? undefined : others;
  });
}

type Notes = Readonly<Record<string, unknown>>;

/** In one go, without waiting: the disks of one instance are made side by side, and each adds its own line. */
function changeNotes(path: string, change: (notes: Notes | undefined) => Notes | undefined): void {
  const file = join(dirname(path), 'disk.info');
  try {
    const notes = change(readNotes(file));
    if (!notes) return;
    if (Object.keys(notes).length === 0) return rmSync(file);
    writeFileSync(`${file}.tmp`, JSON.stringify(notes), { mode: 0o644 });
    renameSync(`${file}.tmp`, file);
  } catch (cause) {
    throw failure(`note the disk "${path}" in "${file}"`, cause);
  }
}

/** Undefined for what is no JSON object. */
function readNotes(file: string): Notes | undefined {
  const text = readText(file);
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Notes) : undefined;
  } catch {
    return undefined;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}

function unreadable(path: string): ImageBackendError {
  const file = join(dirname(path), 'disk.info');
  return new ImageBackendError(
    'STORAGE_FAILED',
    `"${file}" is no JSON object, so that "${path}" cannot be noted there. Repair it, or remove it.`,
    { path: file },
  );
}

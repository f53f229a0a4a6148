import { open, stat } from 'node:fs/promises';

/** What tells that a file is still the one it was, without reading it. */
export interface FileIdentity {
  readonly size: bigint;
  readonly inode: bigint;
  readonly modifiedNs: bigint;
}

/** Undefined when there is no such file. */
export async function identityOf(path: string): Promise<FileIdentity | undefined> {
  const found = await stat(path, { bigint: true }).catch(absent);
  return found && { size: found.size, inode: found.ino, modifiedNs: found.mtimeNs };
}

export function sameFile(one: FileIdentity, other: FileIdentity): boolean {
  return one.size === other.size && one.inode === other.inode && one.modifiedNs === other.modifiedNs;
}

/** Makes the content of a file durable; of a directory, what was created, renamed and removed in it. */
export async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}

/** Whether an error is one of these of the file system: `ENOENT`, … */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** To catch with: undefined for what is not there, anything else passes. */
export function absent(error: unknown): undefined {
  if (isErrno(error, 'ENOENT')) return undefined;
  throw error;
}

import { link, mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DriveFile } from './drive-file.ts';

export interface StagingOptions {
  readonly signal: AbortSignal | undefined;
  /** Modification time that the staged files get. */
  readonly modified: Date | undefined;
}

/** Where the bytes of one file of a drive lie, and all paths at which the drive shows them. */
interface Source {
  readonly content: Uint8Array;
  readonly paths: readonly string[];
}

/**
 * Writes each distinct content once into `directory` (0600), since versions repeat most of what they say and files cost more
 * than bytes, and beside them the file `list`, whose lines `path=source` are for the `-path-list` of an ISO tool.
 */
export async function stageContents(
  files: readonly DriveFile[],
  directory: string,
  list: string,
  options: StagingOptions,
): Promise<void> {
  const sources = distinct(files).map((source, index) => ({ ...source, name: String(index) }));
  const lines = sources.flatMap(({ name, paths }) => paths.map((path) => `${graftName(path)}=${name}\n`));
  const writes = [...sources, { name: list, content: new TextEncoder().encode(lines.join('')) }];
  await inBatches(writes, options.signal, ({ name, content }) => write(join(directory, name), content, options));
}

/** Writes the files as a tree below `directory` (directories 0700, files 0600), equal contents as hard links of one file. */
export async function stageTree(
  files: readonly DriveFile[],
  directory: string,
  options: StagingOptions,
): Promise<void> {
  const sources = distinct(files);
  const directories = new Set(sources.flatMap(({ paths }) => paths.map((path) => join(directory, dirname(path)))));
  for (const one of directories) await mkdir(one, { recursive: true, mode: 0o700 });
  await inBatches(sources, options.signal, async ({ content, paths: [first = '', ...others] }) => {
    await write(join(directory, first), content, options);
    for (const path of others) await link(join(directory, first), join(directory, path));
  });
}

/** The last content of equal paths wins, as in Nova. */
function distinct(files: readonly DriveFile[]): Source[] {
  const contents = new Map(files.map((file) => [file.path, file]));
  const byLength = new Map<number, { content: Buffer; paths: string[] }[]>();
  for (const [path, file] of contents) {
    const { content } = file;
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const candidates = byLength.get(bytes.length) ?? [];
    byLength.set(bytes.length, candidates);
    const known = candidates.find((candidate) => candidate.content.equals(bytes));
    if (known) known.paths.push(path);
    else candidates.push({ content: bytes, paths: [path] });
  }
  return [...byLength.values()].flat();
}

/** `=` parts path and source; a backslash, which would have to be escaped as well, is refused in paths. */
function graftName(path: string): string {
  return path.replaceAll('=', '\\=');
}

async function write(path: string, content: Uint8Array, { modified }: StagingOptions): Promise<void> {
  await writeFile(path, content, { mode: 0o600, flag: 'wx' });
  if (modified) await utimes(path, modified, modified);
}

// A few at once: one by one waits for the disk, all at once runs out of file descriptors. Every write of a batch has ended
// before a failure is thrown, so that none races with the removal of the staging directory.
async function inBatches<Item>(
  items: readonly Item[],
  signal: AbortSignal | undefined,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const batch = 32;
  for (let start = 0; start < items.length; start += batch) {
    signal?.throwIfAborted();
    const acts = items.slice(start, start + batch).map(act);
    const failure = (await Promise.allSettled(acts)).find((one) => one.status === 'rejected');
    if (failure) throw failure.reason;
  }
}

import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import type { DriveFile } from './drive-file.ts';
import { vfatBytes } from './drive-limits.ts';
import { ConfigDriveError } from './errors.ts';
import { stageContents, stageTree } from './staging.ts';

/** Files, and the image to make of them. */
export interface ImageRequest {
  readonly files: readonly DriveFile[];
  readonly exec: Exec;
  readonly signal: AbortSignal | undefined;
  /** An empty directory of our own, for all that is needed and for the image. */
  readonly staging: string;
  readonly label: string;
  readonly publisher: string;
  readonly isoTools: readonly string[];
  readonly modified: Date | undefined;
}

/** Name of the image in the staging directory. */
export const imageName = 'image';
const treeName = 'tree';
const listName = 'list';

/** Makes the ISO with Nova's options by the first tool that is installed, and answers which. Throws TOOL_MISSING. */
export async function writeIso(request: ImageRequest): Promise<string> {
  const { files, staging } = request;
  allocate(join(staging, imageName), 0n);
  if (files.length === 0) mkdirSync(join(staging, treeName), { mode: 0o700 });
  else await stageContents(files, staging, listName, request);
  for (const tool of request.isoTools) {
    if (await found(() => makeIso(tool, request))) return tool;
  }
  throw missing('iso9660', request.isoTools, 'Install genisoimage or xorriso.');
}

/** Makes a FAT image of Nova's size by mkfs.vfat and fills it by mcopy: no mount, no root. Throws TOOL_MISSING. */
export async function writeVfat(request: ImageRequest): Promise<string> {
  const { files, exec, signal, staging, label, modified } = request;
  mkdirSync(join(staging, treeName), { mode: 0o700 });
  await stageTree(files, join(staging, treeName), request);
  allocate(join(staging, imageName), vfatBytes);
  const run = async (tool: string, args: readonly string[]) => {
    if (!(await found(() => exec(tool, args, { signal, cwd: staging, env: atMoment(modified) })))) {
      throw missing('vfat', ['mkfs.vfat', 'mcopy'], `"${tool}" was not found. Install dosfstools and mtools.`);
    }
  };
  await run('mkfs.vfat', [...(modified ? ['--invariant'] : []), '-n', label, imageName]);
  const names = (await readdir(join(staging, treeName))).sort().map((name) => join(treeName, name));
  if (names.length > 0) await run('mcopy', ['-i', imageName, '-s', '-o', ...names, '::/']);
  return 'mkfs.vfat';
}

// Names relative to the staging directory: mtools would read "@@" in a path as an offset.
async function makeIso(tool: string, request: ImageRequest): Promise<void> {
  const { files, exec, signal, staging, label, publisher, modified } = request;
  const names = ['-ldots', '-allow-lowercase', '-allow-multidot', '-l'];
  const marks = ['-publisher', publisher, '-quiet', '-J', '-r', '-V', label];
  // The tools refuse an empty list.
  const contents = files.length === 0 ? [treeName] : ['-graft-points', '-path-list', listName];
  // Without TZ genisoimage looks up the host's time zone for every date that it writes, which has its zone beside it.
  const env = { TZ: 'UTC', ...atMoment(modified) };
  const args = ['-o', imageName, ...names, ...marks, ...contents];
  await exec(tool, args, { signal, cwd: staging, env });
}

/** What mtools and xorriso take for the time (reproducible-builds.org, SOURCE_DATE_EPOCH); FAT keeps local time. */
function atMoment(modified: Date | undefined): Readonly<Record<string, string>> {
  if (!modified) return {};
  return { SOURCE_DATE_EPOCH: String(Math.floor(modified.getTime() / 1000)), TZ: 'UTC' };
}

/** False when the program is not installed; every other failure passes. */
async function found(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (error instanceof EffectsError && error.code === 'EXEC_NOT_FOUND') return false;
    throw error;
  }
}

/** The tools write into an image that is there, and so it is 0600 from the beginning. */
function allocate(image: string, bytes: bigint): void {
  const file = openSync(image, 'wx', 0o600);
  try {
    ftruncateSync(file, Number(bytes));
  } finally {
    closeSync(file);
  }
}

function missing(format: string, tools: readonly string[], fix: string): ConfigDriveError {
  return new ConfigDriveError(
    'TOOL_MISSING',
    `Cannot build a config drive (${format}): it takes ${tools.map((tool) => `"${tool}"`).join(', ')}. ${fix}`,
    { format, tools },
  );
}

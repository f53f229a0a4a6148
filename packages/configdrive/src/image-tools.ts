import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import { vfatBytes } from './drive-limits.ts';
import { ConfigDriveError } from './errors.ts';

/** A staged tree and the image to make of it. */
export interface ImageRequest {
  readonly exec: Exec;
  readonly signal: AbortSignal | undefined;
  /** Directory of the two below. */
  readonly staging: string;
  /** Name of the directory that holds the files. */
  readonly tree: string;
  /** Name of the file to make. */
  readonly image: string;
  readonly label: string;
  readonly publisher: string;
  readonly isoTools: readonly string[];
}

/** Makes the ISO with Nova's options by the first tool that is installed, and answers which. Throws TOOL_MISSING. */
export async function writeIso(request: ImageRequest): Promise<string> {
  for (const tool of request.isoTools) {
    if (await ranIso(tool, request)) return tool;
  }
  throw missing('iso9660', request.isoTools, 'Install genisoimage or xorriso.');
}

/** Makes a FAT image of Nova's size by mkfs.vfat and fills it by mcopy: no mount, no root. Throws TOOL_MISSING. */
export async function writeVfat({ exec, signal, staging, tree, image, label }: ImageRequest): Promise<string> {
  await allocate(join(staging, image), vfatBytes);
  const run = async (tool: string, args: readonly string[]) => {
    if (!(await found(() => exec(tool, args, { signal, cwd: staging })))) {
      throw missing('vfat', ['mkfs.vfat', 'mcopy'], `"${tool}" was not found. Install dosfstools and mtools.`);
    }
  };
  await run('mkfs.vfat', ['-n', label, image]);
  const names = (await readdir(join(staging, tree))).sort().map((name) => join(tree, name));
  if (names.length > 0) await run('mcopy', ['-i', image, '-s', '-o', ...names, '::/']);
  return 'mkfs.vfat';
}

// Names relative to the staging directory: mtools would read "@@" in a path as an offset.
async function ranIso(tool: string, request: ImageRequest): Promise<boolean> {
  const { exec, signal, staging, tree, image, label, publisher } = request;
  const names = ['-ldots', '-allow-lowercase', '-allow-multidot', '-l'];
  const marks = ['-publisher', publisher, '-quiet', '-J', '-r', '-V', label];
  return found(() => exec(tool, ['-o', image, ...names, ...marks, tree], { signal, cwd: staging }));
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

async function allocate(image: string, bytes: bigint): Promise<void> {
  await using handle = await open(image, 'wx', 0o600);
  await handle.truncate(Number(bytes));
}

function missing(format: string, tools: readonly string[], fix: string): ConfigDriveError {
  return new ConfigDriveError(
    'TOOL_MISSING',
    `Cannot build a config drive (${format}): it takes ${tools.map((tool) => `"${tool}"`).join(', ')}. ${fix}`,
    { format, tools },
  );
}

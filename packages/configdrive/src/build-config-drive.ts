import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import type { DriveFile } from './drive-file.ts';
import { checkDriveLimits, type DriveFormat, type DriveLimits } from './drive-limits.ts';
import { checkDrivePaths } from './drive-paths.ts';
import { ConfigDriveError } from './errors.ts';
import { type ImageRequest, writeIso, writeVfat } from './image-tools.ts';

export interface BuildRequest {
  readonly files: readonly DriveFile[];
  /** The drive's file; an existing one is replaced. */
  readonly path: string;
  readonly format: DriveFormat;
  readonly exec: Exec;
  readonly signal?: AbortSignal | undefined;
  /** Publisher field of an ISO, at most 128 characters; Nova writes `<product> <version>`. Default `spawnkit`. */
  readonly publisher?: string | undefined;
  /** Volume label; default `config-2`, by which guests find the drive. */
  readonly label?: string | undefined;
  /** Programs that build an ISO, first found first used. Default `genisoimage`, `mkisofs`, `xorrisofs`. */
  readonly isoTools?: readonly string[] | undefined;
  readonly limits?: DriveLimits | undefined;
}

export interface BuiltDrive {
  readonly path: string;
  /** The program that made the image. */
  readonly tool: string;
  readonly bytes: bigint;
}

/**
 * Builds a config drive without root and without mounting (Nova's `ConfigDriveBuilder`). All work happens in a 0700
 * directory beside the target, which is gone afterwards on every path; the finished image is 0600, synced, and renamed
 * into place, so that the target is always either complete or untouched.
 *
 * Throws INVALID_PATH and TOO_LARGE before anything is written; TOOL_MISSING, BUILD_FAILED; the signal's reason.
 */
export async function buildConfigDrive(request: BuildRequest): Promise<BuiltDrive> {
  const { files, format, signal } = request;
  checkDrivePaths(files);
  checkDriveLimits(files, format, request.limits);
  signal?.throwIfAborted();
  const path = resolve(request.path);
  try {
    return await inStaging(path, async (staging) => {
      const image = await stage(request, staging);
      const tool = await (format === 'vfat' ? writeVfat(image) : writeIso(image));
      signal?.throwIfAborted();
      return { path, tool, bytes: await publish(join(staging, image.image), path) };
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause instanceof ConfigDriveError ? cause : failed(path, format, cause);
  }
}

/**
 * Removes a drive and what a killed build may have left beside it. Idempotent. File system
 * errors other than "not found" pass through.
 */
export async function removeConfigDrive(path: string): Promise<void> {
  const target = resolve(path);
  await rm(target, { force: true });
  const entries = await readdir(dirname(target)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const prefix = stagingPrefix(target);
  for (const name of entries) {
    if (name.startsWith(prefix) && /^[A-Za-z0-9]{6}$/.test(name.slice(prefix.length))) {
      await rm(join(dirname(target), name), { recursive: true, force: true });
    }
  }
}

async function inStaging<T>(path: string, run: (staging: string) => Promise<T>): Promise<T> {
  const staging = await mkdtemp(join(dirname(path), stagingPrefix(path)));
  try {
    return await run(staging);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function stagingPrefix(path: string): string {
  return `.${basename(path)}.`;
}

async function stage(request: BuildRequest, staging: string): Promise<ImageRequest> {
  const tree = join(staging, 'tree');
  await mkdir(tree, { mode: 0o700 });
  const contents = new Map(request.files.map((file) => [join(tree, file.path), file]));
  for (const directory of new Set([...contents.keys()].map(dirname))) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  await writeAll([...contents], request.signal);
  return {
    exec: request.exec,
    signal: request.signal,
    staging,
    tree: 'tree',
    image: 'image',
    label: request.label ?? 'config-2',
    publisher: request.publisher ?? 'spawnkit',
    isoTools: request.isoTools ?? ['genisoimage', 'mkisofs', 'xorrisofs'],
  };
}

// A few at once: one by one waits for the disk, all at once runs out of file descriptors. Every write of a batch has ended
// before a failure is thrown, so that none races with the removal of the staging directory.
async function writeAll(contents: readonly (readonly [string, DriveFile])[], signal: AbortSignal | undefined) {
  const batch = 16;
  for (let start = 0; start < contents.length; start += batch) {
    signal?.throwIfAborted();
    const writes = contents
      .slice(start, start + batch)
      .map(([path, file]) => writeFile(path, file.content, { mode: 0o600 }));
    const failure = (await Promise.allSettled(writes)).find((write) => write.status === 'rejected');
    if (failure) throw failure.reason;
  }
}

async function publish(image: string, path: string): Promise<bigint> {
  await chmod(image, 0o600);
  await sync(image);
  const { size } = await stat(image, { bigint: true });
  await rename(image, path);
  await sync(dirname(path));
  return size;
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}

function failed(path: string, format: DriveFormat, cause: unknown): ConfigDriveError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof EffectsError ? cause.code : undefined;
  return new ConfigDriveError(
    'BUILD_FAILED',
    `Cannot build the config drive "${path}" (${format}): ${reason}. Nothing was left behind; repair the cause and build again.`,
    { path, format, ...(code === undefined ? {} : { exec: code }) },
    { cause },
  );
}

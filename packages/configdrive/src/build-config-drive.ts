import { fchmodSync, fstatSync, renameSync } from 'node:fs';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import type { DriveFile } from './drive-file.ts';
import { checkDriveLimits, type DriveFormat, type DriveLimits } from './drive-limits.ts';
import { checkDrivePaths } from './drive-paths.ts';
import { ConfigDriveError } from './errors.ts';
import { type ImageRequest, imageName, writeIso, writeVfat } from './image-tools.ts';

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
  /**
   * Modification time of all files, the moment of building by default. With it, equal files give equal bytes on vfat; ISO
   * tools write the moment of building into what they make.
   */
  readonly modified?: Date | undefined;
}

export interface BuiltDrive {
  readonly path: string;
  /** The program that made the image. */
  readonly tool: string;
  readonly bytes: bigint;
}

/**
 * Builds a config drive without root and without mounting (Nova's `ConfigDriveBuilder`). All work happens in a 0700
 * directory beside the target, which is gone afterwards on every path; the image is 0600, synced when finished, and renamed
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
      const image = imageRequest(request, staging);
      const tool = await (format === 'vfat' ? writeVfat(image) : writeIso(image));
      signal?.throwIfAborted();
      const bytes = await publish(join(staging, imageName), path);
      // At the same time: syncing waits for the disk.
      await Promise.all([sync(dirname(path)), rm(staging, { recursive: true })]);
      return { path, tool, bytes };
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

/** The directory goes when `run` fails; otherwise it has gone already. */
async function inStaging<T>(path: string, run: (staging: string) => Promise<T>): Promise<T> {
  const staging = await mkdtemp(join(dirname(path), stagingPrefix(path)));
  try {
    return await run(staging);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

function stagingPrefix(path: string): string {
  return `.${basename(path)}.`;
}

function imageRequest(request: BuildRequest, staging: string): ImageRequest {
  return {
    files: request.files,
    exec: request.exec,
    signal: request.signal,
    staging,
    label: request.label ?? 'config-2',
    publisher: request.publisher ?? 'spawnkit',
    isoTools: request.isoTools ?? ['genisoimage', 'mkisofs', 'xorrisofs'],
    modified: request.modified,
  };
}

// Threads of Node's pool are for what waits for the disk: waking one up takes longer than a call that does not.
async function publish(image: string, path: string): Promise<bigint> {
  await using handle = await open(image, 'r');
  fchmodSync(handle.fd, 0o600);
  await handle.sync();
  renameSync(image, path);
  return fstatSync(handle.fd, { bigint: true }).size;
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

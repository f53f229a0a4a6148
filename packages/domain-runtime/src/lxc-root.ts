import { mkdir, readFile, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import { DomainRuntimeError } from './errors.ts';

/** What a container's root file system is made of. */
export type LxcRootSource =
  /** A directory that is the root file system already. */
  | { readonly type: 'directory'; readonly path: string }
  /** A raw image that holds one file system and no partitions. */
  | { readonly type: 'image'; readonly path: string };

export interface LxcRootOptions {
  /** Where an image is mounted; nobody but root may pass the directory above. */
  readonly target: string;
  readonly exec: Exec;
  readonly signal?: AbortSignal | undefined;
}

/** What of the host is looked at; tests give their own. */
export interface LxcRootHost {
  readonly mountinfo: string;
}

const host: LxcRootHost = { mountinfo: '/proc/self/mountinfo' };

const OTHERS_PASS = 0o001;
/** More layers over one place are nobody's. */
const MOST_MOUNTS = 8;
const MOUNT_MS = 60_000;

/**
 * Makes a container's root file system reachable, and answers where: a directory is there already, an image is mounted by a
 * loop device. Do this before the launch. Idempotent. Throws {@link DomainRuntimeError} `LXC_ROOT_FAILED`, or the signal's
 * reason. Follows Nova's `disk.setup_container`.
 */
export async function setUpLxcRoot(
  source: LxcRootSource,
  options: LxcRootOptions,
  paths: LxcRootHost = host,
): Promise<string> {
  const { target, exec, signal } = options;
  if (source.type === 'directory') return source.path;
  await refuseOpenDirectory(dirname(target));
  await mkdir(target, { recursive: true });
  if ((await mountsAt(target, paths)) > 0) return target;
  await run(exec, 'mount', ['-o', 'loop,nodev', '--', source.path, target], signal);
  return target;
}

/**
 * Lets go of the mount on the host's side once the container runs, which keeps its own; the loop device goes with the last
 * one. Idempotent. Throws as {@link setUpLxcRoot}. Follows Nova's `disk.clean_lxc_namespace`.
 */
export async function releaseLxcRoot(options: LxcRootOptions, paths: LxcRootHost = host): Promise<void> {
  const { target, exec, signal } = options;
  for (let left = await mountsAt(target, paths), tries = 0; left > 0; left = await mountsAt(target, paths)) {
    if (++tries > MOST_MOUNTS)
      throw failed(`"${target}" is still mounted after ${MOST_MOUNTS} times umount`, { target });
    await run(exec, 'umount', ['--', target], signal);
  }
}

/**
 * The inverse of {@link setUpLxcRoot}: nothing is mounted any more, and the empty directory is gone. Idempotent, and right
 * for a container that never ran. Throws as {@link setUpLxcRoot}. Follows Nova's `disk.teardown_container`.
 */
export async function tearDownLxcRoot(options: LxcRootOptions, paths: LxcRootHost = host): Promise<void> {
  await releaseLxcRoot(options, paths);
  await rmdir(options.target).catch((error: NodeJS.ErrnoException) => {
    // What lies in it is not ours.
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
  });
}

/** An image may hold set-user-ID programs, which must not be run from the host. */
async function refuseOpenDirectory(parent: string): Promise<void> {
  const { mode } = await stat(parent);
  if (!(mode & OTHERS_PASS)) return;
  throw failed(`"${parent}" is open to other users, who could run programs of the image that is mounted below it`, {
    parent,
    fix: `chmod 0700 "${parent}"`,
  });
}

/** How often something is mounted at a path; `mountinfo` writes blanks and the like as octal numbers. */
async function mountsAt(target: string, { mountinfo }: LxcRootHost): Promise<number> {
  const lines = (await readFile(mountinfo, 'utf8')).split('\n');
  const points = lines.map((line) => line.split(' ')[4] ?? '');
  const plain = points.map((point) =>
    point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
  );
  return plain.filter((point) => point === target).length;
}

async function run(exec: Exec, file: string, args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  try {
    await exec(file, args, { signal, timeoutMs: MOUNT_MS });
  } catch (error) {
    if (!(error instanceof EffectsError)) throw error;
    throw failed(error.message, { file, args }, error);
  }
}

function failed(
  message: string,
  { fix = 'See dmesg; an image must hold one file system that the kernel knows.', ...context }: Record<string, unknown>,
  cause?: unknown,
): DomainRuntimeError {
  return new DomainRuntimeError('LXC_ROOT_FAILED', `The root file system of the container: ${message}`, {
    cause,
    fix: String(fix),
    context,
  });
}

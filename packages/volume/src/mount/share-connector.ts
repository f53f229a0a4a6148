import { mkdir, rmdir } from 'node:fs/promises';
import { acquireLock, silentLogger } from '@spawnkit/effects';
import { type ConnectionData, invalid, requiredText } from '../connection-data.ts';
import { type Holds, openHolds } from '../connect/holds.ts';
import { joinShared, leaveShared } from '../connect/shared.ts';
import type { VolumeConnector } from '../connect/volume-connector.ts';
import { VolumeError } from '../errors.ts';
import { failure, isErrno, said } from '../failure.ts';
import { exportOf, mountPointOf } from './mount-point.ts';
import { type Mount, readMountTable } from './mount-table.ts';
import type { ShareKind, ShareOptions } from './share-kind.ts';

/** How long a command of a share may take. */
export const SHARE_TIMEOUT_MS = 120_000;

/**
 * A connector of volumes that are files on a share. A share is mounted with its first volume and unmounted with its last
 * one; one that was mounted before is used and left.
 */
export function shareConnector(kind: ShareKind, options: ShareOptions): VolumeConnector {
  const holds = openHolds(options.holdsPath);
  const shareOf = (data: ConnectionData, signal: AbortSignal | undefined): Share => {
    const exported = checkExport(exportOf(kind.type, data));
    const mountPoint = mountPointOf(options.mountPointBase, exported);
    return { kind, options, holds, data, exported, mountPoint, thing: `mount-${mountPoint.split('/').at(-1)}`, signal };
  };
  const locked = async <T>(share: Share, run: () => Promise<T>): Promise<T> => {
    await using _lock = await acquireLock({ directory: options.locksPath, name: share.thing, signal: share.signal });
    return await run();
  };
  return {
    async connect(data, { volumeKey, signal }) {
      const share = shareOf(data, signal);
      const path = `${share.mountPoint}/${checkName(requiredText(data, 'name'))}`;
      await locked(share, () => holdShare(share, volumeKey));
      return kind.found(path);
    },
    async disconnect(data, { volumeKey, signal }) {
      const share = shareOf(data, signal);
      await locked(share, () => leaveShared(holds, share.thing, volumeKey, () => unmountLast(share)));
    },
  };
}

/** One export, and where it belongs. */
interface Share {
  readonly kind: ShareKind;
  readonly options: ShareOptions;
  readonly holds: Holds;
  readonly data: ConnectionData;
  readonly exported: string;
  readonly mountPoint: string;
  /** Name of its holds and its lock. */
  readonly thing: string;
  readonly signal: AbortSignal | undefined;
}

async function holdShare(share: Share, volumeKey: string): Promise<void> {
  const { kind, holds, thing } = share;
  await joinShared(holds, thing, volumeKey, {
    async isThere() {
      const mounted = await mountOf(share);
      if (mounted && kind.isValid && !(await kind.isValid(mounted))) await unmountDead(share);
      return (await mountOf(share)) !== undefined;
    },
    make: () => mountAnew(share),
  });
}

async function mountAnew(share: Share): Promise<void> {
  const { mountPoint, exported, kind, signal } = share;
  const isMade = await makeMountPoint(mountPoint);
  try {
    await runMount(share);
    const mounted = await mountOf(share);
    if (!mounted || (kind.isValid && !(await kind.isValid(mounted)))) throw notValid(share);
  } catch (error) {
    await takeBack(share, isMade);
    throw failure('CONNECT_FAILED', `mount the ${kind.what} "${exported}" on "${mountPoint}"`, error, signal);
  }
}

async function runMount(share: Share): Promise<void> {
  const { kind, options, data, exported, mountPoint, signal } = share;
  const { file, args, options: more } = kind.mount(data, exported, mountPoint);
  const { exec, timeoutMs = SHARE_TIMEOUT_MS, log = silentLogger } = options;
  try {
    await exec(file, args, { ...more, signal, timeoutMs });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(await mountOf(share))) throw error;
    log.warn('mounted although the command failed', { mountPoint, error: String(error) });
  }
}

/** Without the caller's signal, which may be why. A second error is only told to the log. */
async function takeBack(share: Share, isMade: boolean): Promise<void> {
  const { options, mountPoint } = share;
  const here = { ...share, signal: undefined };
  try {
    if (await mountOf(here)) await unmount(here);
    if (isMade) await rmdir(mountPoint);
  } catch (error) {
    options.log?.warn('a mount could not be taken back', { mountPoint, error: String(error) });
  }
}

/** Answers false when somebody else is busy there. */
async function unmountLast(share: Share): Promise<boolean> {
  const { kind, options, mountPoint, exported, signal } = share;
  try {
    if (await mountOf(share)) await unmount(share);
    if (!options.keepMountPoint) await removeMountPoint(mountPoint);
    return true;
  } catch (error) {
    if (!said(error, /(?:target|Device or resource|device) is busy|Device or resource busy/)) {
      throw failure('DISCONNECT_FAILED', `unmount the ${kind.what} "${exported}" from "${mountPoint}"`, error, signal);
    }
    options.log?.warn('a share stays mounted, somebody else uses it', { mountPoint, exported });
    return false;
  }
}

/** What is mounted there is not, or no longer, what it should be. */
async function unmountDead(share: Share): Promise<void> {
  const { kind, mountPoint, signal } = share;
  try {
    await unmount(share);
  } catch (error) {
    throw failure('CONNECT_FAILED', `unmount a dead ${kind.what} from "${mountPoint}"`, error, signal);
  }
}

async function unmount({ options, mountPoint, signal }: Share): Promise<void> {
  await options.exec('umount', [mountPoint], { signal, timeoutMs: options.timeoutMs ?? SHARE_TIMEOUT_MS });
}

async function mountOf({ options, mountPoint }: Share): Promise<Mount | undefined> {
  const mounts = await (options.mounts ?? readMountTable)();
  return mounts.findLast((one) => one.mountPoint === mountPoint);
}

async function makeMountPoint(path: string): Promise<boolean> {
  return (await mkdir(path, { recursive: true })) !== undefined;
}

async function removeMountPoint(path: string): Promise<void> {
  await rmdir(path).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  });
}

function checkExport(exported: string): string {
  if (!exported.startsWith('-') && !/\s/.test(exported)) return exported;
  throw invalid('export', exported, 'an export without blanks that does not begin with a dash');
}

function checkName(name: string): string {
  const isBelow = name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (isBelow) return name;
  throw invalid('name', name, 'the name of a file below the mount point');
}

function notValid({ kind, exported, mountPoint }: Share): VolumeError {
  const message = `What is mounted on "${mountPoint}" after mounting is not the ${kind.what} "${exported}"`;
  return new VolumeError('MOUNT_INVALID', message, {
    context: { exported, mountPoint },
    fix: 'Look at the storage client on this host; a guest would have written to the local file system.',
  });
}

import { type Clock, type Exec, type Logger, silentLogger, systemClock } from '@spawnkit/effects';
import type { RbdMonitor } from '../disk-source.ts';
import type { MkfsConfig } from '../disks/mkfs.ts';
import { ImageBackendError } from '../errors.ts';
import { checkInstancesPath } from '../cache/cache-paths.ts';

/** How the `rbd` program finds a cluster and who it is there. Names follow nova.conf. */
export interface RbdClient {
  readonly exec: Exec;
  /** A Ceph user without `client.`. Missing: the program's own, `admin`. */
  readonly rbdUser?: string | undefined;
  /** Absolute. Missing: where Ceph looks by itself, `/etc/ceph/ceph.conf`. */
  readonly imagesRbdCephConf?: string | undefined;
  /** Absolute; the file with the user's key. Missing: where the configuration says. */
  readonly rbdKeyring?: string | undefined;
  /** How long to wait for a monitor. Default 5 s, as in Nova. */
  readonly rbdConnectTimeoutMs?: number;
  /** How long to wait for one operation of the storage daemons. Default one minute. */
  readonly rbdOperationTimeoutMs?: number;
}

/** What a cluster says of itself; `readRbdCluster` asks it. */
export interface RbdCluster {
  readonly fsid: string;
  readonly monitors: readonly RbdMonitor[];
}

export interface RbdBackendOptions extends RbdClient, MkfsConfig {
  /** Absolute; holds the image cache, for images that cannot be cloned. */
  readonly instancesPath: string;
  readonly imagesRbdPool: string;
  /** The libvirt secret with the user's key; guests cannot open their disks without it where a user is named. */
  readonly rbdSecretUuid?: string | undefined;
  readonly cluster: RbdCluster;
  /** Passed on to the guest's disk; nothing when missing. */
  readonly hwDiskDiscard?: 'unmap' | 'ignore';
  readonly log?: Logger;
  readonly clock?: Clock;
}

/** What the functions of the backend work with. */
export interface RbdContext extends RbdBackendOptions {
  readonly log: Logger;
  readonly clock: Clock;
}

/** Throws `ImageBackendError` `INVALID_REQUEST`. */
export function rbdContext(options: RbdBackendOptions): RbdContext {
  checkInstancesPath(options.instancesPath);
  checkRbdPart('The pool', options.imagesRbdPool);
  checkRbdClient(options);
  if (options.rbdUser !== undefined && options.rbdSecretUuid === undefined) {
    throw new ImageBackendError(
      'INVALID_REQUEST',
      `Guests cannot open disks in Ceph as user "${options.rbdUser}" without a libvirt secret. Give rbdSecretUuid, or no rbdUser.`,
      { rbdUser: options.rbdUser },
    );
  }
  return { ...options, log: options.log ?? silentLogger, clock: options.clock ?? systemClock };
}

/** Throws `ImageBackendError` `INVALID_REQUEST`. */
export function checkRbdClient({ rbdUser, imagesRbdCephConf, rbdKeyring }: RbdClient): void {
  if (rbdUser !== undefined) checkRbdPart('The Ceph user', rbdUser);
  for (const path of [imagesRbdCephConf, rbdKeyring]) {
    if (path === undefined || path.startsWith('/')) continue;
    throw new ImageBackendError('INVALID_REQUEST', `The Ceph file "${path}" must be given by its absolute path`, {
      path,
    });
  }
}

/** One name among the arguments of `rbd`, where slashes and at-signs mean something. Throws `INVALID_REQUEST`. */
export function checkRbdPart(what: string, part: string): string {
  if (isRbdPart(part)) return part;
  throw new ImageBackendError(
    'INVALID_REQUEST',
    `${what} ${JSON.stringify(part)} must be 1 to 128 letters, digits, dots, dashes, underscores or tildes, not beginning with a dash`,
    { part },
  );
}

export function isRbdPart(part: string): boolean {
  return /^[A-Za-z0-9._~][A-Za-z0-9._~-]{0,127}$/.test(part);
}

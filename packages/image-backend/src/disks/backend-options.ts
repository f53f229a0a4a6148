import { type Clock, type Exec, type Logger, silentLogger, systemClock } from '@spawnkit/effects';
import type { FileDiskSource } from '../disk-source.ts';
import type { DiskId } from '../image-backend.ts';
import { checkInstancesPath } from '../cache/cache-paths.ts';
import { diskPath } from './disk-path.ts';
import type { LuksEncryption } from './luks.ts';
import type { MkfsConfig } from './mkfs.ts';

/** Names follow nova.conf where Nova has the option. */
export interface BackendOptions extends MkfsConfig {
  /** Absolute; holds the directories of the instances and the image cache. */
  readonly instancesPath: string;
  readonly exec: Exec;
  readonly log?: Logger;
  readonly clock?: Clock;
  /** `space` reserves all blocks of a disk when it is made (fallocate). Default `none`. */
  readonly preallocateImages?: 'none' | 'space';
  /** Passed on to the guest's disk; nothing when missing. */
  readonly hwDiskDiscard?: 'unmap' | 'ignore';
  /** Only qcow2 disks can be encrypted. Missing: they are not. */
  readonly encryption?: LuksEncryption;
}

/** What the functions of one backend work with. */
export interface BackendContext extends BackendOptions {
  readonly log: Logger;
  readonly clock: Clock;
}

/** Throws `ImageBackendError` `INVALID_REQUEST`. */
export function backendContext(options: BackendOptions): BackendContext {
  checkInstancesPath(options.instancesPath);
  return { ...options, log: options.log ?? silentLogger, clock: options.clock ?? systemClock };
}

/** Throws `ImageBackendError` `INVALID_REQUEST`. */
export function diskSource(context: BackendContext, disk: DiskId, format: FileDiskSource['format']): FileDiskSource {
  const { instancesPath, preallocateImages, hwDiskDiscard, encryption } = context;
  return {
    type: 'file',
    path: diskPath(instancesPath, disk),
    format,
    ...(preallocateImages === 'space' ? { driverIo: 'native' } : {}),
    ...(hwDiskDiscard ? { discard: hwDiskDiscard } : {}),
    ...(encryption ? { luksSecretUuid: encryption.secretUuidOf(disk) } : {}),
  };
}

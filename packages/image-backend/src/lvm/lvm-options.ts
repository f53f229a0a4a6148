import { isAbsolute } from 'node:path';
import { type Clock, type Exec, type Logger, type Secret, silentLogger, systemClock } from '@spawnkit/effects';
import type { MkfsConfig } from '../disks/mkfs.ts';
import { ImageBackendError } from '../errors.ts';
import type { DiskId } from '../image-backend.ts';
import { checkInstancesPath } from '../cache/cache-paths.ts';

/** Names follow nova.conf where Nova has the option. */
export interface LvmBackendOptions extends MkfsConfig {
  /** Absolute; holds the image cache. */
  readonly instancesPath: string;
  readonly exec: Exec;
  readonly imagesVolumeGroup: string;
  /**
   * Disks take room as they are written: each has a thin pool of its own, of 64 MiB or as large as its image. Growing
   * the pools is LVM's own business (`thin_pool_autoextend_threshold`). Default false.
   */
  readonly sparseLogicalVolumes?: boolean;
  /** What happens to the bytes of a disk that is removed. Default `zero`. Sparse disks are not cleared. */
  readonly volumeClear?: 'none' | 'zero' | 'shred';
  /** How much of it, from its beginning. Default: all. */
  readonly volumeClearSizeMiB?: number;
  /** Disks are encrypted by the kernel (Nova's ephemeral_storage_encryption). Missing: they are not. */
  readonly encryption?: VolumeEncryption;
  /** Passed on to the guest's disk; nothing when missing. */
  readonly hwDiskDiscard?: 'unmap' | 'ignore';
  /** Absolute; where the host's devices are. Default `/dev`. */
  readonly devicesPath?: string;
  readonly log?: Logger;
  readonly clock?: Clock;
}

/** dm-crypt without a header, as Nova's: nothing on the volume tells that it is encrypted, or how. */
export interface VolumeEncryption {
  /** The key of a disk, always the same; at least as many bytes as the cipher takes. */
  readonly keyOf: (disk: DiskId, options: { readonly signal?: AbortSignal | undefined }) => Promise<Secret>;
  /** Default `aes-xts-plain64`. */
  readonly cipher?: string;
  /** Default 512. */
  readonly keySizeBits?: number;
}

/** What the functions of the backend work with. */
export interface LvmContext extends LvmBackendOptions {
  readonly devicesPath: string;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Acts on volumes. All throw what `lvm` throws besides what they say. */
export interface VolumeOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Throws `ImageBackendError` `INVALID_REQUEST`. */
export function lvmContext(options: LvmBackendOptions): LvmContext {
  const { instancesPath, imagesVolumeGroup, devicesPath = '/dev', sparseLogicalVolumes, encryption } = options;
  checkInstancesPath(instancesPath);
  checkVolumeGroup(imagesVolumeGroup);
  if (!isAbsolute(devicesPath)) throw invalid(`The path of devices "${devicesPath}" must be absolute`, { devicesPath });
  if (sparseLogicalVolumes && encryption) {
    throw invalid('Sparse volumes cannot be encrypted: what was never written would be read as noise. Choose one', {});
  }
  checkClearing(options);
  if (encryption) checkCipher(encryption);
  return { ...options, devicesPath, log: options.log ?? silentLogger, clock: options.clock ?? systemClock };
}

/** Throws `ImageBackendError` `INVALID_REQUEST`. */
export function checkVolumeGroup(imagesVolumeGroup: string): void {
  if (/^[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,126}$/.test(imagesVolumeGroup) && !/^\.\.?$/.test(imagesVolumeGroup)) return;
  throw invalid(
    `The volume group ${JSON.stringify(imagesVolumeGroup)} must be 1 to 127 letters, digits, dots, dashes, underscores or plus signs, not beginning with a dash`,
    { imagesVolumeGroup },
  );
}

function checkClearing({ volumeClear = 'zero', volumeClearSizeMiB = 0 }: LvmBackendOptions): void {
  if (!['none', 'zero', 'shred'].includes(volumeClear)) {
    throw invalid(`Volumes cannot be cleared by "${volumeClear}"; use zero, shred or none`, { volumeClear });
  }
  if (Number.isSafeInteger(volumeClearSizeMiB) && volumeClearSizeMiB >= 0) return;
  throw invalid(`${volumeClearSizeMiB} MiB cannot be cleared; give a whole number, or 0 for all`, {
    volumeClearSizeMiB,
  });
}

function checkCipher({ cipher = 'aes', keySizeBits = 512 }: VolumeEncryption): void {
  if (/^[a-z0-9][A-Za-z0-9:()_-]{0,63}$/.test(cipher) && keySizeBits > 0 && keySizeBits % 8 === 0) return;
  throw invalid(`The cipher "${cipher}" with keys of ${keySizeBits} bits is none that cryptsetup takes`, {
    cipher,
    keySizeBits,
  });
}

function invalid(message: string, context: Readonly<Record<string, unknown>>): ImageBackendError {
  return new ImageBackendError('INVALID_REQUEST', message, context);
}

import { EffectsError } from '@spawnkit/effects';
import { ImageBackendError } from './errors.ts';

/** Debian packages of the programs that this package runs. */
const PACKAGES: Readonly<Record<string, string>> = {
  'qemu-img': 'qemu-utils',
  cp: 'coreutils',
  e2fsck: 'e2fsprogs',
  resize2fs: 'e2fsprogs',
  mkswap: 'util-linux',
  fallocate: 'util-linux',
  'mkfs.ext2': 'e2fsprogs',
  'mkfs.ext3': 'e2fsprogs',
  'mkfs.ext4': 'e2fsprogs',
  'mkfs.xfs': 'xfsprogs',
  'mkfs.vfat': 'dosfstools',
  'mkfs.ntfs': 'ntfs-3g',
  xz: 'xz-utils',
  rbd: 'ceph-common',
  ceph: 'ceph-common',
  lvs: 'lvm2',
  vgs: 'lvm2',
  cryptsetup: 'cryptsetup-bin',
  dmsetup: 'dmsetup',
  blkdiscard: 'util-linux',
  shred: 'coreutils',
};

/**
 * What to throw for an error of a program or of the file system: `NO_SPACE`, `TOOL_MISSING`, `TOOL_FAILED`,
 * `STORAGE_FAILED`. `what` completes "Cannot …". Errors of this package and of locks pass; after an abort it is the
 * signal's reason.
 */
export function failure(what: string, cause: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (cause instanceof ImageBackendError) return cause;
  if (cause instanceof EffectsError) return toolFailure(what, cause);
  const { code, message, path, syscall } = (cause ?? {}) as NodeJS.ErrnoException;
  if (syscall === undefined) return cause;
  if (code === 'ENOSPC' || code === 'EDQUOT') return noSpace(what, { path, errno: code }, cause);
  return new ImageBackendError(
    'STORAGE_FAILED',
    `Cannot ${what}: ${message}. Make the directory writable for this user, or repair its file system, and try again.`,
    { path, errno: code },
    { cause },
  );
}

/** The error for a storage without room. `why` is what is full, and what helps. */
export function noSpace(
  what: string,
  context: Readonly<Record<string, unknown>>,
  cause?: unknown,
  why = 'the file system is full. Free some space (pruning the cache may help)',
): ImageBackendError {
  return new ImageBackendError('NO_SPACE', `Cannot ${what}: ${why} and try again.`, context, { cause });
}

function toolFailure(what: string, cause: EffectsError): unknown {
  if (!cause.code.startsWith('EXEC_')) return cause;
  const { file, stderr } = cause.context;
  if (cause.code === 'EXEC_NOT_FOUND') {
    const from = PACKAGES[String(file)];
    const fix = from ? `Install the package ${from}.` : 'Install it.';
    return new ImageBackendError(
      'TOOL_MISSING',
      `Cannot ${what}: the program "${String(file)}" is not installed. ${fix}`,
      { file },
      { cause },
    );
  }
  if (/No space left on device|Disk quota exceeded/.test(String(stderr))) return noSpace(what, cause.context, cause);
  if (/Failed to get .*lock/.test(String(stderr))) {
    return new ImageBackendError(
      'DISK_BUSY',
      `Cannot ${what}: a guest or another program has the disk open. Shut the guest down, or wait, and try again.`,
      cause.context,
      { cause },
    );
  }
  return new ImageBackendError(
    'TOOL_FAILED',
    `Cannot ${what}: ${cause.message}. Repair the cause and try again.`,
    cause.context,
    { cause },
  );
}

import { EffectsError } from '@spawnkit/effects';
import { VolumeError } from './errors.ts';

/** Debian packages of the programs that this package runs. */
const PACKAGES: Readonly<Record<string, string>> = {
  iscsiadm: 'open-iscsi',
  nvme: 'nvme-cli',
  multipath: 'multipath-tools',
  blockdev: 'util-linux',
  mount: 'mount',
  umount: 'mount',
  'mount.nfs': 'nfs-common',
  'mount.cifs': 'cifs-utils',
  cryptsetup: 'cryptsetup-bin',
  wipefs: 'util-linux',
};

/**
 * What to throw for an error of a program or of the file system while connecting or disconnecting; `what` completes
 * "Cannot …". Errors of this package pass; after an abort it is the signal's reason.
 */
export function failure(
  code: 'CONNECT_FAILED' | 'DISCONNECT_FAILED',
  what: string,
  cause: unknown,
  signal?: AbortSignal,
): unknown {
  if (signal?.aborted) return signal.reason;
  if (cause instanceof EffectsError && cause.code === 'EXEC_NOT_FOUND') return missing(what, cause);
  if (!(cause instanceof EffectsError && cause.code.startsWith('EXEC_')) && !isSystemError(cause)) return cause;
  const context = cause instanceof EffectsError ? cause.context : { path: cause.path, errno: cause.code };
  return new VolumeError(code, `Cannot ${what}: ${cause.message}`, {
    cause,
    context,
    fix: 'Repair what the program reports and try again; both connecting and disconnecting can be repeated.',
  });
}

/** Whether the program said something of the kind before it failed. */
export function said(error: unknown, pattern: RegExp): boolean {
  return error instanceof EffectsError && pattern.test(String(error.context['stderr']));
}

/** Whether an error of the file system is of this kind: `ENOENT`, `EBUSY`, … */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return isSystemError(error) && codes.includes(error.code ?? '');
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function missing(what: string, cause: EffectsError): VolumeError {
  const file = String(cause.context['file']);
  const from = PACKAGES[file];
  return new VolumeError('TOOL_MISSING', `Cannot ${what}: the program "${file}" is not installed`, {
    cause,
    context: { file },
    fix: from ? `Install the package ${from}.` : 'Install it.',
  });
}

import { randomBytes } from 'node:crypto';
import { type GuestDisk, type GuestfishOptions, guestfishFiles } from './guestfish.ts';
import { inject, type InjectionReport } from './injection.ts';
import { checkInjection, type InjectionContents } from './injection-request.ts';
import { ConfigDriveError } from './errors.ts';
import type { MetadataLimits } from './metadata-request.ts';
import { sha512Crypt } from './sha512-crypt.ts';

export interface InjectionRequest extends GuestfishOptions {
  readonly disk: GuestDisk;
  readonly contents: InjectionContents;
  readonly limits?: Pick<MetadataLimits, 'injectedFiles' | 'injectedBytes'> | undefined;
}

/**
 * Puts a key, a password, a network configuration, metadata and files into the file system of a guest that is switched off
 * (Nova's `inject_data`), by guestfish and never by mounting it on this host. An item that fails is reported and the others
 * go on; the failure of a mandatory one is thrown. The root password is stored as SHA-512 crypt, where Nova takes MD5.
 *
 * Nothing takes an injection back but removing the disk. Throws INVALID_METADATA and TOO_LARGE before anything is written;
 * TOOL_MISSING, UNREADABLE_GUEST, INJECTION_FAILED; the signal's reason.
 */
export async function injectIntoGuest(request: InjectionRequest): Promise<InjectionReport> {
  const { disk, contents, limits } = request;
  checkPartition(disk);
  checkInjection(contents, limits);
  const files = contents.files?.map(({ path, content }) => ({ path: plainPath(path), content }));
  return inject({ ...contents, files }, guestfishFiles(disk, request), (password) =>
    sha512Crypt(password, randomBytes),
  );
}

/** One spelling for each path, the one of the plan: without leading, doubled or `.` parts. */
function plainPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

function checkPartition({ partition, path }: GuestDisk): void {
  if (Number.isInteger(partition) && partition >= -1 && partition <= 128) return;
  throw new ConfigDriveError(
    'INVALID_METADATA',
    `Cannot inject into partition ${partition} of "${path}": allowed are -1 (found by libguestfs), 0 (no partitions) and 1 to 128.`,
    { partition, path },
  );
}

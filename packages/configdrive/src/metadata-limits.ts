import { ConfigDriveError } from './errors.ts';
import type { MetadataRequest } from './metadata-request.ts';

const MiB = 1024 * 1024;
/** The limits of a request that names none. */
export const defaultMetadataLimits = { userDataBytes: MiB, injectedFiles: 1000, injectedBytes: 32 * MiB } as const;

/** Refuses a request beyond its limits, or whose injected paths no guest could use. Throws TOO_LARGE, INVALID_METADATA. */
export function checkMetadataLimits(request: MetadataRequest): void {
  const limits = { ...defaultMetadataLimits, ...request.limits };
  const files = request.files ?? [];
  atMost('user data', 'bytes', byteLength(request.userData ?? ''), limits.userDataBytes);
  atMost('injected files', 'files', files.length, limits.injectedFiles);
  const bytes = files.reduce((sum, file) => sum + byteLength(file.content), 0);
  atMost('injected files', 'bytes', bytes, limits.injectedBytes);
  for (const { path } of files) checkInjectedPath(path);
}

function checkInjectedPath(path: string): void {
  const fault = injectedPathFault(path);
  if (fault === undefined) return;
  throw new ConfigDriveError(
    'INVALID_METADATA',
    `Cannot inject a file at ${JSON.stringify(path)}: ${fault}. Give the absolute path of the file inside the guest.`,
    { path },
  );
}

function injectedPathFault(path: string): string | undefined {
  if (!path.startsWith('/')) return 'it is not absolute';
  if (path.split('/').includes('..')) return 'it contains ".."';
  return /\p{Cc}/u.test(path) ? 'it contains a control character' : undefined;
}

function atMost(what: string, unit: string, actual: number, allowed: number): void {
  if (actual <= allowed) return;
  throw new ConfigDriveError(
    'TOO_LARGE',
    `Cannot put ${what} of ${actual} ${unit} on a config drive: at most ${allowed} ${unit} are allowed. Fetch larger data from inside the guest.`,
    { what, unit, actual, allowed },
  );
}

function byteLength(content: string | Uint8Array): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
}

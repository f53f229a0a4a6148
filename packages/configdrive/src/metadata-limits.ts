import { ConfigDriveError } from './errors.ts';
import { checkJson } from './json-text.ts';
import type { InjectedFile, MetadataLimits, MetadataRequest } from './metadata-request.ts';

const MiB = 1024 * 1024;
/** The limits of a request that names none. */
export const defaultMetadataLimits = { userDataBytes: MiB, injectedFiles: 1000, injectedBytes: 32 * MiB } as const;

/** Refuses user data of more bytes than a guest's boot should carry. Throws TOO_LARGE. */
export function checkUserDataBytes(bytes: number, allowed: number = defaultMetadataLimits.userDataBytes): void {
  atMost('user data', 'bytes', bytes, allowed);
}

/**
 * Refuses a request beyond its limits, or with injected paths that no guest could use, or with metadata that is no JSON.
 * Throws TOO_LARGE, INVALID_METADATA.
 */
export function checkMetadataLimits(request: MetadataRequest): void {
  const limits = { ...defaultMetadataLimits, ...request.limits };
  checkUserDataBytes(byteLength(request.userData ?? ''), limits.userDataBytes);
  checkInjectedFiles(request.files ?? [], limits);
  checkJson(request.extraMetadata ?? null, 'extraMetadata');
  checkJson(request.vendorData?.static ?? null, 'vendorData.static');
  checkJson(request.vendorData?.dynamic ?? null, 'vendorData.dynamic');
}

/** Refuses too many or too large injected files, and paths no guest could use. Throws TOO_LARGE, INVALID_METADATA. */
export function checkInjectedFiles(
  files: readonly InjectedFile[],
  limits: Pick<MetadataLimits, 'injectedFiles' | 'injectedBytes'> = {},
): void {
  const { injectedFiles, injectedBytes } = { ...defaultMetadataLimits, ...limits };
  atMost('injected files', 'files', files.length, injectedFiles);
  const bytes = files.reduce((sum, file) => sum + byteLength(file.content), 0);
  atMost('injected files', 'bytes', bytes, injectedBytes);
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
    `Cannot give a guest ${what} of ${actual} ${unit}: at most ${allowed} ${unit} are allowed. Fetch larger data from inside the guest.`,
    { what, unit, actual, allowed },
  );
}

function byteLength(content: string | Uint8Array): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
}

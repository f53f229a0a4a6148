import type { DriveFile } from './drive-file.ts';
import { ConfigDriveError } from './errors.ts';

/** Joliet names hold 64 UTF-16 units. */
const maxNameLength = 64;
/** Levels of directories and the file itself that ISO 9660 (ECMA-119, 6.8.2.1) allows. */
const maxDepth = 8;

/**
 * Refuses files that would leave the drive or that a format cannot name: absolute paths, `.`, `..`, empty parts, control
 * characters, what Joliet or FAT reserve, a path that is both file and directory, and two paths that differ by case only.
 * The same path twice is allowed; the last content wins, as in Nova. Throws INVALID_PATH.
 */
export function checkDrivePaths(files: readonly DriveFile[]): void {
  const spellings = new Map<string, { readonly spelling: string; readonly file: boolean }>();
  for (const { path } of files) {
    const fault = path.split('/').map(nameFault).find(Boolean) ?? depthFault(path);
    if (fault !== undefined) throw invalid(path, fault);
    for (const [prefix, file] of prefixes(path)) {
      const known = spellings.get(prefix.toLowerCase());
      if (known && known.spelling !== prefix) throw invalid(path, `"${known.spelling}" differs from it by case only`);
      if (known && known.file !== file) throw invalid(path, `"${prefix}" would be both a file and a directory`);
      spellings.set(prefix.toLowerCase(), { spelling: prefix, file });
    }
  }
}

function prefixes(path: string): (readonly [string, boolean])[] {
  const parts = path.split('/');
  return parts.map((_, index) => [parts.slice(0, index + 1).join('/'), index === parts.length - 1] as const);
}

function depthFault(path: string): string | undefined {
  return path.split('/').length > maxDepth ? `it has more than ${maxDepth} levels` : undefined;
}

function nameFault(name: string): string | undefined {
  if (name === '') return 'it is absolute or has an empty part';
  if (name === '.' || name === '..') return `it contains "${name}"`;
  if (/\p{Cc}/u.test(name)) return 'it contains a control character';
  if (!name.isWellFormed()) return 'it is not valid Unicode';
  if (/["*:;<>?\\|]/.test(name)) return 'it contains one of " * : ; < > ? \\ |';
  if (/[. ]$/.test(name)) return 'a part ends in a dot or a space';
  return name.length > maxNameLength ? `a part is longer than ${maxNameLength} characters` : undefined;
}

function invalid(path: string, fault: string): ConfigDriveError {
  return new ConfigDriveError(
    'INVALID_PATH',
    `Cannot put ${JSON.stringify(path)} on a config drive: ${fault}. Allowed are relative paths such as "openstack/latest/meta_data.json".`,
    { path },
  );
}

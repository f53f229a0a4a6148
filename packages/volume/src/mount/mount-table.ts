import { readFile } from 'node:fs/promises';

/** A file system that is mounted. */
export interface Mount {
  readonly mountPoint: string;
  /** `nfs4`, `cifs`, `fuse.quobyte`, … */
  readonly type: string;
  /** What was mounted: an export, a device. */
  readonly source: string;
}

/** All mounts of this process's name space, the topmost of a directory last. */
export type MountTable = () => Promise<readonly Mount[]>;

/** The kernel's own table. Follows proc_pid_mountinfo(5). */
export const readMountTable: MountTable = async () => parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));

/** Reads the text of a mountinfo file. */
export function parseMountInfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const separator = fields.indexOf('-', 6);
    const [mountPoint, type, source] = [fields[4], fields[separator + 1], fields[separator + 2]];
    if (separator < 0 || mountPoint === undefined || type === undefined || source === undefined) return [];
    return [{ mountPoint: unescape(mountPoint), type, source: unescape(source) }];
  });
}

/** The kernel writes blanks, tabs, line feeds and backslashes as octal numbers. */
function unescape(field: string): string {
  const bytes = field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
  return bytes;
}

import { createHash } from 'node:crypto';
import { ImageBackendError } from '../errors.ts';

/** Configuration of ephemeral disks, as in nova.conf. */
export interface MkfsConfig {
  /** Commands by os type or `default`, with `%(fs_label)s` and `%(target)s` in them. They win over every format. */
  readonly virtMkfs?: Readonly<Record<string, string>>;
  /** Where a request names no format. Default: by os type. */
  readonly defaultEphemeralFormat?: string | undefined;
}

export interface MkfsRequest {
  readonly label: string;
  readonly osType?: string | null | undefined;
  readonly format?: string | null | undefined;
}

/** How a file system is made: the program, and its arguments for a file. */
export interface Mkfs {
  readonly program: string;
  readonly args: (target: string) => readonly string[];
}

const ALLOWED_FORMATS: readonly string[] = ['ext2', 'ext3', 'ext4', 'xfs'];
const OS_DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['linux', 'ext4'],
  ['windows', 'ntfs'],
]);

/**
 * The file system of an ephemeral disk, by Nova's order: the command configured for the os type, the command configured
 * for `default`, the disk's own format, the configured format, the os type's (linux ext4, windows ntfs, else vfat).
 * Throws `ImageBackendError` `INVALID_REQUEST`.
 */
export function chooseMkfs(request: MkfsRequest, config: MkfsConfig): Mkfs {
  const { osType, format } = request;
  const label = checkLabel(request.label);
  if (typeof format === 'string' && !ALLOWED_FORMATS.includes(format)) {
    throw new ImageBackendError(
      'INVALID_REQUEST',
      `An ephemeral disk cannot be formatted as ${JSON.stringify(format)}; allowed are ${ALLOWED_FORMATS.join(', ')}`,
      { format },
    );
  }
  const commands = new Map(Object.entries(config.virtMkfs ?? {}));
  const command = commands.get(osType ?? '') ?? commands.get('default');
  if (command !== undefined) return configuredMkfs(command, label);
  return usualMkfs(format ?? config.defaultEphemeralFormat ?? OS_DEFAULTS.get(osType ?? '') ?? 'vfat', label);
}

/**
 * Names the base of such file systems: `ephemeral_<GB>_<7 hex digits>`. Unlike Nova's, the digits tell file systems and
 * labels apart.
 */
export function ephemeralName(gb: number, { program, args }: Mkfs): string {
  const command = JSON.stringify([program, ...args('')]);
  return `ephemeral_${gb}_${createHash('md5').update(command).digest('hex').slice(0, 7)}`;
}

/** Split before the values are put in: a path with a space stays one argument. */
function configuredMkfs(command: string, label: string): Mkfs {
  const [program = '', ...words] = command.split(/\s+/).filter((word) => word !== '');
  if (program === '') {
    throw new ImageBackendError(
      'INVALID_REQUEST',
      'A configured mkfs command is empty; remove it, or name a program',
      {},
    );
  }
  const args = (target: string) =>
    words.map((word) => word.replaceAll('%(fs_label)s', () => label).replaceAll('%(target)s', () => target));
  return { program, args };
}

function usualMkfs(fs: string, label: string): Mkfs {
  if (!/^[a-z0-9]{1,16}$/.test(fs)) {
    throw new ImageBackendError('INVALID_REQUEST', `${JSON.stringify(fs)} is not the name of a file system`, { fs });
  }
  const force = ['ext3', 'ext4', 'ntfs'].includes(fs) ? ['-F'] : [];
  const flag = ['vfat', 'msdos'].includes(fs) ? '-n' : '-L';
  return { program: `mkfs.${fs}`, args: (target) => [...force, flag, label, target] };
}

/**
 * One plain word. What is too long for its file system (vfat 11, xfs 12, ext 16 characters) the program refuses itself.
 */
function checkLabel(label: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,15}$/.test(label)) return label;
  throw new ImageBackendError(
    'INVALID_REQUEST',
    `The label ${JSON.stringify(label)} must be 1 to 16 letters, digits, dots, dashes or underscores, not beginning with a dot or dash`,
    { label },
  );
}

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
  /** The configured command, or the file system: what tells bases apart in Nova's names. */
  readonly kind: string;
  readonly label: string;
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
  const command = configuredCommand(config, osType);
  return command === undefined ? usualMkfs(usualFormat(config, osType, format), label) : configuredMkfs(command, label);
}

/**
 * Names for the base of such file systems, `ephemeral_<GB>_<7 hex digits>`: first the one that Nova's spawn has, which
 * many file systems and all labels share, then one that nothing else has.
 */
export function ephemeralNames(
  gb: number,
  { kind, label }: Mkfs,
  config: MkfsConfig,
  osType?: string | null,
): string[] {
  const digits = [ephemeralExtension(config, sharedOsType(config, osType)), hexDigits(`${kind} ${label}`)];
  return digits.map((one) => `ephemeral_${gb}_${one}`);
}

/** The digits of Nova's names: of the configured command, else of the file system. */
export function ephemeralExtension(config: MkfsConfig, osType?: string | null, format?: string | null): string {
  return hexDigits(configuredCommand(config, osType) ?? usualFormat(config, osType, format));
}

/** The os type that Nova's spawn names bases by: all without a command of their own are one. */
export function sharedOsType({ virtMkfs = {} }: MkfsConfig, osType?: string | null): string {
  return osType && Object.hasOwn(virtMkfs, osType) ? osType : 'default';
}

function configuredCommand({ virtMkfs = {} }: MkfsConfig, osType?: string | null): string | undefined {
  const commands = new Map(Object.entries(virtMkfs));
  return commands.get(osType ?? '') ?? commands.get('default');
}

function usualFormat({ defaultEphemeralFormat }: MkfsConfig, osType?: string | null, format?: string | null): string {
  return format ?? defaultEphemeralFormat ?? OS_DEFAULTS.get(osType ?? '') ?? 'vfat';
}

function hexDigits(text: string): string {
  return createHash('md5').update(text).digest('hex').slice(0, 7);
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
  return { kind: command, label, program, args };
}

function usualMkfs(fs: string, label: string): Mkfs {
  if (!/^[a-z0-9]{1,16}$/.test(fs)) {
    throw new ImageBackendError('INVALID_REQUEST', `${JSON.stringify(fs)} is not the name of a file system`, { fs });
  }
  const force = ['ext3', 'ext4', 'ntfs'].includes(fs) ? ['-F'] : [];
  const flag = ['vfat', 'msdos'].includes(fs) ? '-n' : '-L';
  return { kind: fs, label, program: `mkfs.${fs}`, args: (target) => [...force, flag, label, target] };
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

import { withoutClient } from './rbd-model.ts';
import type { Step } from './recorded-host.ts';

/**
 * Commands that change something, by what they do: theirs and ours in one form. Names of drafts stand for what they
 * become, so that what is made aside and what is done in place read alike; giving a name and cleaning up is left out, as
 * is making an empty file and an overlay, which we do without a command: they stand among the files.
 */
export function ownSteps(
  steps: readonly Step[],
  { instancesPath, devicesPath }: { readonly instancesPath: string; readonly devicesPath: string },
): readonly string[] {
  return steps.flatMap((step) => {
    const placed = step.map((word) => word.replaceAll(instancesPath, '{instances}').replaceAll(devicesPath, '/dev'));
    const words = placed.map(finalName);
    if (step[0] === 'rbd') return isTidying(step) ? [] : [rbdStep(withoutClient(words.slice(1)))];
    return fileStep(words);
  });
}

/** The same of a recorded trace. */
export function recordedSteps(trace: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return trace.flatMap((entry) => {
    if (Array.isArray(entry['execute']))
      return executed((entry['execute'] as string[]).filter((word) => !/^(env|LC_ALL=C|LANG=C)$/.test(word)));
    return Object.entries(entry).flatMap(([name, value]) =>
      libraryStep(name, value as Readonly<Record<string, string>>),
    );
  });
}

function executed(words: readonly string[]): readonly string[] {
  if (words[0] !== 'rbd') return fileStep(words);
  const [, , , pool, path, name] = words;
  return [rbdStep(['import', path ?? '', `${pool}/${name}`])];
}

/** Calls of Ceph's library are commands of `rbd`. */
function libraryStep(name: string, value: Readonly<Record<string, string>>): readonly string[] {
  const snapshot = `${value?.['image']}@${value?.['snap']}`;
  switch (name) {
    case 'rbd.clone':
      return [rbdStep(['clone', value['parent'] ?? '', value['child'] ?? ''])];
    case 'rbd.image.resize':
      return [rbdStep(['resize', '--size', `${value['size']}B`, value['image'] ?? ''])];
    case 'rbd.image.flatten':
      return [rbdStep(['flatten', value['image'] ?? ''])];
    case 'rbd.remove':
      return [rbdStep(['rm', value['image'] ?? ''])];
    case 'rbd.image.create_snap':
      return [rbdStep(['snap', 'create', snapshot])];
    case 'rbd.image.remove_snap':
      return [rbdStep(['snap', 'rm', snapshot])];
    case 'rbd.image.protect_snap':
      return [rbdStep(['snap', 'protect', snapshot])];
    case 'rbd.image.unprotect_snap':
      return [rbdStep(['snap', 'unprotect', snapshot])];
    case 'rbd.image.rollback_to_snap':
      return [rbdStep(['snap', 'rollback', snapshot])];
    default:
      return [];
  }
}

function rbdStep(words: readonly string[]): string {
  const plain = words.filter((word) => word !== '--no-progress');
  return ['rbd', ...plain].join(' ').replace(/@export-\S+/, '@s');
}

/** Options that only say how fast or how loud are left out. */
function fileStep([file = '', ...words]: readonly string[]): readonly string[] {
  const args = words.filter(
    (word, at) => !/^(-q|-r|-t|--reflink=auto|--sparse=auto)$/.test(word) && words[at - 1] !== '-t',
  );
  if (file === 'qemu-img') return qemuImgStep(words);
  if (TIDYING.has(file) || (isOnVolume(args) && TRIED.has(file))) return [];
  if (file === 'cryptsetup') return args[0] === 'create' ? [['cryptsetup', ...args].join(' ')] : [];
  if (file === 'lvcreate') return [['lvcreate', ...withoutPool(args)].join(' ')];
  if (file === 'mkfs') return [`mkfs.${words[1]} ${words.slice(2).join(' ')}`];
  if (args.some((word) => word.endsWith('.fallocate_test'))) return [];
  if (file === 'e2label' || file === 'ceph' || file === 'scp') return [];
  return [[file, ...args].join(' ')];
}

/** Looks at volumes, names, clears and removes them. */
const TIDYING = new Set(['vgs', 'lvrename', 'lvremove', 'dmsetup', 'blockdev', 'blkdiscard', 'shred']);
/** What Nova tries on every volume, whether there is such a file system or not; we look before. */
const TRIED = new Set(['e2fsck', 'resize2fs']);

function isOnVolume(args: readonly string[]): boolean {
  return args.at(-1)?.startsWith('/dev/') === true;
}

/** Nova lets LVM name the pool of a sparse volume, and choose its kind. */
function withoutPool(args: readonly string[]): readonly string[] {
  return args.filter(
    (word, at) => !['--yes', '--type', '--thinpool'].includes(word) && !/^--(type|thinpool)$/.test(args[at - 1] ?? ''),
  );
}

function qemuImgStep([verb = '', ...words]: readonly string[]): readonly string[] {
  const flag = (name: string) => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
  const last = words.slice(-2);
  switch (verb) {
    case 'info':
      return [];
    case 'create':
      return [];
    case 'convert':
      // Nova lets the format of what it copies into a volume be probed.
      if (isOnVolume(last)) return [`qemu-img convert ${last.join(' ')}`];
      return [`qemu-img convert ${words.includes('-c') ? '-c ' : ''}${flag('-f')} ${flag('-O')} ${last.join(' ')}`];
    case 'resize':
      return [`qemu-img resize ${flag('-f')} ${last.join(' ')}`];
    default:
      return [`qemu-img ${verb} ${words.join(' ')}`];
  }
}

function finalName(word: string): string {
  return word
    .replace(/\/\.([^/]+)\.draft-[0-9a-f]{12}$/, '/$1')
    .replace(/[~+]draft-[0-9a-f]{12}/, '')
    .replace(/(_base\/(?:swap|ephemeral)_\w+)\.part$/, '$1');
}

function isTidying([, verb, ...words]: Step): boolean {
  return verb === 'rename' || words.some((word) => word.includes('~draft-') && verb === 'rm');
}

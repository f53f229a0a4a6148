import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { novaName, testPrefix, type Workspace } from './workspace.ts';

/**
 * Everything of a host that a spawn of these tests may change, in a form that two moments can be compared by. What others do on
 * the same host at the same time is left out: it has other names, and nothing in the workspace.
 */
export interface HostSnapshot {
  readonly domains: readonly string[];
  readonly networks: readonly string[];
  /** All devices: bridges, veths, taps. A tap is shown by the domain that it belongs to, since libvirt counts them. */
  readonly links: readonly string[];
  readonly secrets: readonly string[];
  /** Filters of traffic. */
  readonly nwfilters: readonly string[];
  readonly iptables: readonly string[];
  /** Names of what the device mapper shows: logical volumes, dm-crypt. */
  readonly mapped: readonly string[];
  readonly mounts: readonly string[];
  /** Whatever runs on, or has open, something of the workspace. */
  readonly processes: readonly string[];
  /** Path, kind, mode, size of everything in the workspace but the image cache and its locks, which are kept on purpose. */
  readonly files: readonly string[];
  /** libvirt's own files of our domains: state, NVRAM, snapshots; and of all TPMs. Their logs belong to libvirt, and outlive them. */
  readonly libvirtFiles: readonly string[];
}

/** Looks at the host by means that are not ours: virsh, ip, /proc, the file system. */
export function takeSnapshot({ settings, directory }: Pick<Workspace, 'settings' | 'directory'>): HostSnapshot {
  const virsh = askVirsh();
  return {
    domains: virsh.domains.filter(isOurs),
    networks: virsh.networks,
    links: links(),
    // Ceph's key is the lab's, which comes and goes with its cluster.
    secrets: virsh.secrets.filter((line) => !line.includes('ceph spawnkit lab')),
    nwfilters: virsh.nwfilters,
    iptables: [...rules('iptables-save'), ...rules('ip6tables-save')],
    mapped: tree('/dev/mapper'),
    mounts: mounts(),
    processes: processesOn(directory),
    files: tree(settings.statePath).filter((path) => !/^instances\/(_base|locks)\//.test(path)),
    libvirtFiles: [
      ...[...tree('/var/lib/libvirt/qemu'), ...tree('/run/libvirt/qemu')].filter(isOurs),
      ...names('/var/lib/libvirt/swtpm'),
    ],
  };
}

/** A snapshot from before the first spawn, with the directories that it makes and keeps. */
export function withKeptDirectories(
  snapshot: HostSnapshot,
  { settings }: Pick<Workspace, 'settings' | 'directory'>,
): HostSnapshot {
  const kept = tree(settings.statePath).filter((line) =>
    /^(journal|locks|instances|instances\/_base|instances\/locks) 40/.test(line),
  );
  return { ...snapshot, files: [...new Set([...snapshot.files, ...kept])].sort() };
}

const isOurs = (name: string) => name.includes(testPrefix) || name.includes(novaName);

const lists = {
  domains: 'list --all --name',
  networks: 'net-list --all --name',
  secrets: 'secret-list',
  nwfilters: 'nwfilter-list',
} as const;

/** One process for all questions: it costs more than they do. */
function askVirsh(): Readonly<Record<keyof typeof lists, readonly string[]>> {
  const commands = Object.values(lists).join('; echo ===; ');
  const answers = run('virsh', '-q', '-c', 'qemu:///system', commands).split('===');
  const entries = Object.keys(lists).map((name, index) => [name, linesOf(answers[index] ?? '')]);
  return Object.fromEntries(entries) as Record<keyof typeof lists, readonly string[]>;
}

function links(): readonly string[] {
  const owners = tapOwners();
  return linesOf(run('ip', '-brief', 'link', 'show'))
    .map((line) => line.split(/[\s@]+/)[0] ?? '')
    .flatMap((name) => {
      const owner = owners.get(name);
      if (owner === undefined) return [name];
      return isOurs(owner) ? [`tap of ${owner}`] : [];
    })
    .sort();
}

/** Which domain a tap belongs to, as libvirt notes it of each that runs. */
function tapOwners(): ReadonlyMap<string, string> {
  const directory = '/run/libvirt/qemu';
  const owners = new Map<string, string>();
  for (const file of names(directory).filter((name) => name.endsWith('.xml'))) {
    for (const [, tap = ''] of contentOf(join(directory, file)).matchAll(/<target dev='([^']+)'\/>\s*<model/g)) {
      owners.set(tap, file.slice(0, -'.xml'.length));
    }
  }
  return owners;
}

/** Without what they count. */
function rules(program: string): readonly string[] {
  if (!existsSync(join('/usr/sbin', program))) return [];
  return linesOf(run(program)).flatMap((line) => (line.startsWith('#') ? [] : [line.replace(/ \[\d+:\d+\]$/, '')]));
}

/** But network namespaces, which nothing here makes. */
function mounts(): readonly string[] {
  return linesOf(contentOf('/proc/self/mounts'))
    .map((line) => line.split(' ').slice(0, 3).join(' '))
    .filter((line) => !line.startsWith('nsfs '));
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function names(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

function run(file: string, ...args: readonly string[]): string {
  return execFileSync(file, args, { encoding: 'utf8' });
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort();
}

function processesOn(directory: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        const command = readFileSync(join('/proc', pid, 'cmdline'), 'utf8')
          .replaceAll('\0', ' ')
          .trim();
        const open = readdirSync(join('/proc', pid, 'fd')).map((fd) => readlinkSync(join('/proc', pid, 'fd', fd)));
        return [command, ...open].some((text) => text.includes(directory)) ? [command] : [];
      } catch {
        // It ended while we looked.
        return [];
      }
    })
    .sort();
}

function tree(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .map((path) => {
        const { mode, size } = statSync(join(directory, path));
        return `${path} ${mode.toString(8)}${mode & 0o040000 ? '' : ` ${size}`}`;
      })
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

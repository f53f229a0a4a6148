import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { testPrefix, type Workspace } from './workspace.ts';

/**
 * Everything of a host that a spawn of these tests may change, in a form that two moments can be compared by. What others do on
 * the same host at the same time is left out: it has other names, and nothing in the workspace.
 */
export interface HostSnapshot {
  readonly domains: readonly string[];
  readonly networks: readonly string[];
  /** Devices but the guests' taps, which live and die with their QEMU. */
  readonly links: readonly string[];
  readonly secrets: readonly string[];
  /** Whatever runs on, or has open, something of the workspace. */
  readonly processes: readonly string[];
  /** Path, kind, mode, size of everything in the workspace but the image cache and its locks, which are kept on purpose. */
  readonly files: readonly string[];
  /** libvirt's own files of our domains. Their logs belong to libvirt, and outlive them. */
  readonly libvirtFiles: readonly string[];
}

/** Looks at the host by means that are not ours: virsh, ip, /proc, the file system. */
export function takeSnapshot({ settings, directory }: Pick<Workspace, 'settings' | 'directory'>): HostSnapshot {
  const isOurs = (name: string) => name.includes(testPrefix);
  return {
    domains: lines('virsh', '-q', 'list', '--all', '--name').filter(isOurs),
    networks: lines('virsh', '-q', 'net-list', '--all', '--name'),
    links: lines('ip', '-brief', 'link', 'show')
      .map((line) => line.split(/\s+/)[0] ?? '')
      .filter((name) => !/^vnet\d+$/.test(name)),
    secrets: lines('virsh', '-q', 'secret-list'),
    processes: processesOn(directory),
    files: tree(settings.statePath).filter((path) => !/^instances\/(_base|locks)\//.test(path)),
    libvirtFiles: [...tree('/var/lib/libvirt/qemu'), ...tree('/run/libvirt/qemu')].filter(isOurs),
  };
}

function lines(file: string, ...args: readonly string[]): readonly string[] {
  const text = execFileSync(file, args, {
    encoding: 'utf8',
    env: { ...process.env, LIBVIRT_DEFAULT_URI: 'qemu:///system' },
  });
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

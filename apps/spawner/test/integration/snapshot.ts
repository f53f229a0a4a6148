import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from './workspace.ts';

/** Everything of a host that a spawn may change, in a form that two moments can be compared by. */
export interface HostSnapshot {
  readonly domains: readonly string[];
  readonly networks: readonly string[];
  readonly links: readonly string[];
  readonly secrets: readonly string[];
  readonly processes: readonly string[];
  /** Path, kind, mode, size of everything in the workspace but the image cache and its locks, which are kept on purpose. */
  readonly files: readonly string[];
  readonly libvirtFiles: readonly string[];
}

/** Looks at the host by means that are not ours: virsh, ip, /proc, the file system. */
export function takeSnapshot({ settings }: Pick<Workspace, 'settings'>): HostSnapshot {
  return {
    domains: lines('virsh', '-q', 'list', '--all', '--name'),
    networks: lines('virsh', '-q', 'net-list', '--all', '--name'),
    links: lines('ip', '-brief', 'link', 'show').map((line) => line.split(/\s+/)[0] ?? ''),
    secrets: lines('virsh', '-q', 'secret-list'),
    processes: processes(),
    files: tree(settings.statePath).filter((path) => !/^instances\/(_base|locks)\//.test(path)),
    // The log of a guest belongs to libvirt and outlives its domain.
    libvirtFiles: [...tree('/var/lib/libvirt/qemu'), ...tree('/run/libvirt/qemu')].filter(
      (path) => !/dump|monitor\.sock|\bslirp\b|dbus/.test(path),
    ),
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

/** Programs that a spawn starts, or that hold anything of it. */
const ours = /^(qemu-|genisoimage|mkisofs|xorrisofs|mkfs|flock|cat|setpriv|prlimit|swtpm)/;

function processes(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const program =
          readlinkSync(join('/proc', pid, 'exe'))
            .split('/')
            .at(-1) ?? '';
        const command = readFileSync(join('/proc', pid, 'cmdline'), 'utf8')
          .replaceAll('\0', ' ')
          .trim();
        return ours.test(program) ? [`${program}: ${command}`] : [];
      } catch {
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

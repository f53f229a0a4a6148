import { acquireLock } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import { firstClosedDirectory } from './closed-directory.ts';
import type { Host } from '../host.ts';
import { readHostFacts } from '../host-facts.ts';
import { makePassable } from '../instance/instance-path.ts';

/** One point of the examination. */
export interface Finding {
  readonly what: string;
  /** `warning`: spawns work, something is worth knowing. */
  readonly verdict: 'good' | 'warning' | 'missing';
  readonly detail: string;
  readonly fix?: string | undefined;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** Examines everything a spawn needs, and changes nothing but the state directory, which is made when it is missing. */
export async function examine(host: Host, options: Options): Promise<readonly Finding[]> {
  const programs = await Promise.all(needed.map((program) => examineProgram(host, program, options)));
  const state = await examineState(host, options);
  const conn = await host.connect(options).catch((error: unknown) => error as Error);
  if (conn instanceof Error) return [...programs, state, unreachable(host, conn)];
  return [
    ...programs,
    state,
    await examineInstancesPath(host),
    daemon(host, conn),
    await examineHypervisor(host, conn, options),
    await examineNetworks(conn, options),
  ];
}

interface Program {
  readonly name: string;
  readonly purpose: string;
  readonly debian: string;
}

const needed: readonly Program[] = [
  { name: 'qemu-img', purpose: 'makes disks', debian: 'qemu-utils' },
  { name: 'genisoimage', purpose: 'makes config drives', debian: 'genisoimage' },
  { name: 'setpriv', purpose: 'ends commands with us', debian: 'util-linux' },
  { name: 'flock', purpose: 'locks', debian: 'util-linux' },
];

async function examineProgram({ exec }: Host, { name, purpose, debian }: Program, options: Options): Promise<Finding> {
  try {
    const { stdout } = await exec(name, ['--version'], { ...options, timeoutMs: 10_000 });
    return { what: name, verdict: 'good', detail: stdout.split('\n')[0]?.trim() || 'installed' };
  } catch (error) {
    options.signal?.throwIfAborted();
    const detail = `${purpose}; ${(error as Error).message}`;
    return { what: name, verdict: 'missing', detail, fix: `apt-get install ${debian}` };
  }
}

async function examineState({ paths }: Host, { signal }: Options): Promise<Finding> {
  const what = 'state';
  try {
    await makePassable(paths.state);
    await using _lock = await acquireLock({ directory: paths.locks, name: 'doctor', signal });
    return { what, verdict: 'good', detail: `journals in ${paths.journal}` };
  } catch (error) {
    signal?.throwIfAborted();
    const fix = 'Run as the user who owns that directory, or name another one: --state-dir.';
    return { what, verdict: 'missing', detail: (error as Error).message, fix };
  }
}

/** QEMU runs as a user of its own under the system daemon and must be able to pass every directory above a disk. */
async function examineInstancesPath({ paths, settings }: Host): Promise<Finding> {
  const what = 'instances';
  const closed = settings.uri.includes('/session') ? undefined : await firstClosedDirectory(paths.instances);
  if (!closed) return { what, verdict: 'good', detail: paths.instances };
  return {
    what,
    verdict: 'missing',
    detail: `"${closed}" is closed to other users, so QEMU cannot reach ${paths.instances}`,
    fix: `chmod o+x ${closed}, or name another place: --instances-dir.`,
  };
}

function daemon({ settings }: Host, conn: Connection): Finding {
  const { major, minor, micro } = conn.libVersion;
  return { what: 'libvirt', verdict: 'good', detail: `${major}.${minor}.${micro} answers at ${settings.uri}` };
}

function unreachable({ settings }: Host, error: Error): Finding {
  const fix = 'fix' in error && typeof error.fix === 'string' ? error.fix : undefined;
  return { what: 'libvirt', verdict: 'missing', detail: `${settings.uri}: ${error.message}`, fix };
}

async function examineHypervisor(host: Host, conn: Connection, { signal }: Options): Promise<Finding> {
  const what = 'hypervisor';
  try {
    const { virtType, virtTypeReason, emulator } = await readHostFacts(host, conn, { signal });
    if (virtType === 'kvm') return { what, verdict: 'good', detail: `${emulator} with KVM` };
    const detail = `${emulator} without KVM (${virtTypeReason}): guests work, several times slower`;
    return { what, verdict: 'warning', detail };
  } catch (error) {
    signal?.throwIfAborted();
    const fix = (error as { fix?: string }).fix ?? 'apt-get install qemu-system-x86';
    return { what, verdict: 'missing', detail: (error as Error).message, fix };
  }
}

async function examineNetworks(conn: Connection, { signal }: Options): Promise<Finding> {
  const what = 'networks';
  const active = await conn.networks.list({ flags: ['ACTIVE'], signal });
  if (active.length > 0) return { what, verdict: 'good', detail: active.map(({ name }) => name).join(', ') };
  return {
    what,
    verdict: 'warning',
    detail: 'no libvirt network runs; bridges and user networking work without one',
    fix: 'virsh net-start default',
  };
}

import { machine } from 'node:os';
import { chooseVirtType, findEmulator, readHost } from '@spawnkit/domain-runtime';
import type { HostFacts } from '@spawnkit/guest-designer';
import type { Connection } from '@spawnkit/libvirt';
import type { Host } from './host.ts';
import { scratchCopy } from './scratch-copy.ts';
import type { Settings } from './settings.ts';

/** What the host is like, and how its guests will run. */
export interface SpawnerFacts extends HostFacts {
  readonly virtType: 'kvm' | 'qemu' | 'lxc';
  /** Why, in one sentence. */
  readonly virtTypeReason: string;
  /** The emulator that libvirt would run. */
  readonly emulator: string;
}

interface FactsOptions {
  /** Default: what the settings say. */
  readonly wanted?: Settings['virtType'] | undefined;
  /** False: what is found out is not kept for the next time. Default true. */
  readonly remember?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the daemon and the host. Throws `DomainRuntimeError` `HOST_UNSUITABLE`, and libvirt's errors. */
export async function readHostFacts(host: Host, conn: Connection, options: FactsOptions): Promise<SpawnerFacts> {
  const { settings, paths, log } = host;
  const { wanted = settings.virtType, signal } = options;
  const { virtType, reason } = await chooseHypervisor(host, conn, { ...options, wanted });
  const facts = await readHost(conn, { virtType, instancesPath: paths.instances, log, signal });
  return { ...facts, virtType, virtTypeReason: reason };
}

async function chooseHypervisor(
  { exec, paths }: Host,
  conn: Connection,
  { wanted, remember = true, signal }: FactsOptions & { readonly wanted: Settings['virtType'] },
): Promise<{ readonly virtType: SpawnerFacts['virtType']; readonly reason: string }> {
  if (wanted === 'lxc') return { virtType: 'lxc', reason: 'asked for' };
  // A trial starts the emulator, which takes its time, so its outcome is kept in a file.
  await using scratch = remember ? undefined : await scratchCopy(paths.state, 'kvm-trial.json');
  return await chooseVirtType({
    wanted,
    arch: machine(),
    emulator: () => findEmulator(conn, { signal }),
    exec,
    cacheDirectory: scratch?.path ?? paths.state,
    signal,
  });
}

import { machine } from 'node:os';
import { chooseVirtType, findEmulator, readHost } from '@spawnkit/domain-runtime';
import type { HostFacts } from '@spawnkit/guest-designer';
import type { Connection } from '@spawnkit/libvirt';
import type { Host } from './host.ts';

/** What the host is like, and how its guests will run. */
export interface SpawnerFacts extends HostFacts {
  readonly virtType: 'kvm' | 'qemu';
  /** Why, in one sentence. */
  readonly virtTypeReason: string;
  /** The emulator that libvirt would run. */
  readonly emulator: string;
}

interface FactsOptions {
  /** Default: what the settings say. */
  readonly wanted?: 'auto' | 'kvm' | 'qemu' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the daemon and the host. Throws `DomainRuntimeError` `HOST_UNSUITABLE`, and libvirt's errors. */
export async function readHostFacts(host: Host, conn: Connection, options: FactsOptions): Promise<SpawnerFacts> {
  const { settings, exec, paths, log } = host;
  const { wanted = settings.virtType, signal } = options;
  const { virtType, reason } = await chooseVirtType({
    wanted,
    arch: machine(),
    emulator: () => findEmulator(conn, { signal }),
    exec,
    cacheDirectory: paths.state,
    signal,
  });
  const facts = await readHost(conn, { virtType, instancesPath: paths.instances, log, signal });
  return { ...facts, virtType, virtTypeReason: reason };
}

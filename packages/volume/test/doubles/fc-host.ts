import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Exec } from '@spawnkit/effects';
import { type HostDirectory, hostDirectory } from './host-directory.ts';
import { attribute, scsiKernel } from './scsi-host.ts';

/** A host that is logged in to a fabric with one target, over plain files. */
export interface FcHost extends HostDirectory {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly sysPath: string;
  snapshot(): Promise<unknown>;
}

export async function fcHost(target: { readonly port: string; readonly units: readonly number[] }): Promise<FcHost> {
  const directory = await hostDirectory();
  const sysPath = join(directory.path, 'sys');
  const kernel = scsiKernel(sysPath, target.units);
  await kernel.addHost(2, 'rport-2:0-0');
  const transport = join(sysPath, 'class/fc_transport/target2:0:0');
  const device = join(sysPath, 'devices/host2/rport-2:0-0/target2:0:0');
  await mkdir(device, { recursive: true });
  await attribute(join(transport, 'port_name'), target.port);
  await symlink(device, join(transport, 'device'));
  const settle = async ({ signal }: { readonly signal?: AbortSignal | undefined } = {}) => {
    signal?.throwIfAborted();
    await kernel.settle();
  };
  return {
    ...directory,
    sysPath,
    async exec(_file, _args, options) {
      await settle(options);
      return { stdout: '', stderr: '', exitCode: 0 };
    },
    clock: { now: () => 0, monotonicMs: () => 0, sleep: (_, options) => settle(options) },
    async snapshot() {
      await kernel.settle();
      const tree = await directory.tree('sys', 'holds');
      return tree.filter((path) => path !== 'sys/class/block');
    },
  };
}

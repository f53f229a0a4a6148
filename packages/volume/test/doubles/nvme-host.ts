import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import { type HostDirectory, hostDirectory } from './host-directory.ts';
import { attribute } from './scsi-host.ts';

/** A host with nvme-cli and one subsystem, over plain files. */
export interface NvmeHost extends HostDirectory {
  readonly exec: Exec;
  readonly sysPath: string;
  snapshot(): Promise<unknown>;
}

/** The subsystem has these namespaces, and listens at these addresses. */
export async function nvmeHost(subsystem: {
  readonly uuids: readonly string[];
  readonly addresses: readonly string[];
}): Promise<NvmeHost> {
  const directory = await hostDirectory();
  const sysPath = join(directory.path, 'sys');
  const controller = join(sysPath, 'class/nvme/nvme0');
  const exec: Exec = async (file, args, options = {}) => {
    options.signal?.throwIfAborted();
    const after = (option: string) => args[args.indexOf(option) + 1] ?? '';
    if (file === 'nvme' && args[0] === 'connect') {
      if (!subsystem.addresses.includes(after('-a'))) {
        throw new EffectsError('EXEC_FAILED', 'nvme failed', { file, args, exitCode: 1, stderr: 'connection refused' });
      }
      await attribute(join(controller, 'subsysnqn'), after('-n'));
      for (const [index, uuid] of subsystem.uuids.entries()) {
        await attribute(join(controller, `nvme0c0n${index + 1}`, 'uuid'), uuid);
      }
    }
    if (file === 'nvme' && args[0] === 'disconnect') await rm(controller, { recursive: true, force: true });
    return { stdout: '', stderr: '', exitCode: 0 };
  };
  await mkdir(join(sysPath, 'class/nvme'), { recursive: true });
  return { ...directory, exec, sysPath, snapshot: () => directory.tree('sys', 'holds') };
}

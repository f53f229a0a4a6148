import { EffectsError, type Exec } from '@spawnkit/effects';
import type { Mount } from '../../src/index.ts';
import { type HostDirectory, hostDirectory } from './host-directory.ts';

/** A host that mounts anything, in a table of its own. */
export interface ShareHost extends HostDirectory {
  readonly exec: Exec;
  readonly table: Mount[];
  readonly mounts: () => Promise<readonly Mount[]>;
  readonly commands: { readonly line: string; readonly input: unknown; readonly env: unknown }[];
  snapshot(): Promise<unknown>;
}

export async function shareHost(): Promise<ShareHost> {
  const directory = await hostDirectory();
  const table: Mount[] = [];
  const commands: ShareHost['commands'] = [];
  const exec: Exec = async (file, args, options = {}) => {
    options.signal?.throwIfAborted();
    commands.push({ line: [file, ...args].join(' '), input: options.input, env: options.env });
    const mountPoint = args.find((word) => word.startsWith(directory.path)) ?? '';
    const index = table.findIndex((one) => one.mountPoint === mountPoint);
    if (file === 'umount' && index < 0) {
      throw new EffectsError('EXEC_FAILED', 'not mounted', {
        file,
        args,
        exitCode: 32,
        stderr: `${mountPoint}: not mounted.`,
      });
    }
    if (file === 'umount') table.splice(index, 1);
    else if (file !== 'pstorage') table.push({ mountPoint, type: 'double', source: sourceOf(file, args, mountPoint) });
    return { stdout: '', stderr: '', exitCode: 0 };
  };
  return {
    ...directory,
    exec,
    table,
    mounts: async () => table,
    commands,
    snapshot: async () => ({
      mounts: [...table],
      tree: (await directory.tree('mnt', 'holds')).filter((one) => one !== 'mnt'),
    }),
  };
}

function sourceOf(file: string, args: readonly string[], mountPoint: string): string {
  const exported = args[args.indexOf(mountPoint) - 1] ?? '';
  return [file, ...args].includes('mount.quobyte') ? `quobyte@${exported}` : exported;
}

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { VolumeConnector } from '../connect/volume-connector.ts';
import { shareConnector } from '../mount/share-connector.ts';
import type { ShareOptions } from '../mount/share-kind.ts';

export interface QuobyteOptions extends ShareOptions {
  /** `libvirt.quobyte_client_cfg`: configuration file of the client. */
  readonly quobyteClientCfg?: string | undefined;
  /** Whether systemd runs this host, so that the client gets a scope of its own and outlives us. Default: looked up. */
  readonly systemd?: boolean;
  /** Bytes that a directory says it has; a Quobyte volume's root has 0. Default: stat(2). */
  readonly sizeOf?: (path: string) => Promise<number>;
}

/** Volumes that are files on a Quobyte volume. */
export function createQuobyteConnector(options: QuobyteOptions): VolumeConnector {
  const { quobyteClientCfg, systemd = existsSync('/run/systemd/system'), sizeOf = directorySize } = options;
  const scope = systemd ? ['systemd-run', '--scope'] : [];
  const configuration = quobyteClientCfg ? ['-c', quobyteClientCfg] : [];
  return shareConnector(
    {
      what: 'Quobyte volume',
      type: 'quobyte',
      mount(_, exported, mountPoint) {
        const [file, ...args] = [...scope, 'mount.quobyte', '--disable-xattrs'];
        return { file, args: [...args, exported, mountPoint, ...configuration] };
      },
      isValid: async ({ source, mountPoint }) => source.startsWith('quobyte@') && (await isRoot(mountPoint, sizeOf)),
      found: () => ({}),
    },
    options,
  );
}

async function isRoot(mountPoint: string, sizeOf: (path: string) => Promise<number>): Promise<boolean> {
  try {
    return (await sizeOf(mountPoint)) === 0;
  } catch {
    // The client behind the mount is gone: ENOTCONN.
    return false;
  }
}

async function directorySize(path: string): Promise<number> {
  return (await stat(path)).size;
}

import type { VolumeConnector } from '../connect/volume-connector.ts';
import { mountWords } from '../mount/mount-words.ts';
import { shareConnector } from '../mount/share-connector.ts';
import type { ShareOptions } from '../mount/share-kind.ts';

export interface NfsOptions extends ShareOptions {
  /** `libvirt.nfs_mount_options`, before those of the connection info. */
  readonly nfsMountOptions?: string | undefined;
}

/** Volumes that are files on an NFS export. */
export function createNfsConnector(options: NfsOptions): VolumeConnector {
  const local = options.nfsMountOptions ? ['-o', options.nfsMountOptions] : [];
  return shareConnector(
    {
      what: 'NFS export',
      type: 'nfs',
      mount: (data, exported, mountPoint) => ({
        file: 'mount',
        args: ['-t', 'nfs', ...local, ...mountWords(data), exported, mountPoint],
      }),
      found: (path) => ({ device_path: path }),
    },
    options,
  );
}

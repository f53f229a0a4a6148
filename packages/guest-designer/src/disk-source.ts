import type { CacheMode } from './config.ts';

/** Where a guest finds the bytes of a disk. Image backends and volumes produce it; what they make fits structurally. */
export type DiskSource = FileDiskSource | BlockDiskSource | NetworkDiskSource;

export interface FileDiskSource extends DiskSourceOptions {
  readonly type: 'file';
  /** Absolute. */
  readonly path: string;
}

export interface BlockDiskSource extends DiskSourceOptions {
  readonly type: 'block';
  /** Of the device, absolute. */
  readonly path: string;
}

export interface NetworkDiskSource extends DiskSourceOptions {
  readonly type: 'network';
  readonly protocol: 'rbd' | 'nbd' | 'iscsi' | 'gluster' | 'http' | 'https' | 'ssh' | 'nfs';
  /** `pool/image` for rbd. */
  readonly name?: string | undefined;
  readonly hosts: readonly { readonly name: string; readonly port?: number | undefined }[];
  /** The libvirt secret that holds the user's key. */
  readonly auth?: DiskAuth | undefined;
}

export interface DiskAuth {
  readonly username: string;
  readonly secretType: 'ceph' | 'iscsi';
  readonly secretUuid: string;
}

/** What the owner of the bytes knows about opening them. */
export interface DiskSourceOptions {
  /** Format of the bytes: `raw`, `qcow2`, … */
  readonly format: string;
  readonly driverIo?: 'native' | 'threads' | 'io_uring' | undefined;
  /** Cache mode unless the configuration names one for the type; missing: uncached where the host can. */
  readonly driverCache?: CacheMode | undefined;
  readonly discard?: 'unmap' | 'ignore' | undefined;
  /** UUID of the libvirt secret with the passphrase of a LUKS disk that QEMU opens itself. */
  readonly luksSecretUuid?: string | undefined;
}

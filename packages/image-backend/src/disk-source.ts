/** Where a guest finds a disk's bytes: the part of libvirt's `<disk>` that the backend knows. */
export type DiskSource = FileDiskSource | BlockDiskSource | RbdDiskSource;

/** A file below the instances path. */
export interface FileDiskSource {
  readonly type: 'file';
  /** Absolute. */
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  /** `<driver io=…>`: native for preallocated disks, as in Nova. */
  readonly driverIo?: 'native';
  /** `<driver discard=…>` (Nova's hw_disk_discard). */
  readonly discard?: 'unmap' | 'ignore';
  /** The libvirt secret with the passphrase of a disk that is encrypted; QEMU opens it itself. */
  readonly luksSecretUuid?: string;
}

/** A device of this host. */
export interface BlockDiskSource {
  readonly type: 'block';
  /** Absolute. */
  readonly path: string;
  readonly format: 'raw';
  /** Native where all blocks are there, as in Nova. */
  readonly driverIo?: 'native';
  readonly discard?: 'unmap' | 'ignore';
}

/** An image of a Ceph cluster, which QEMU opens itself. */
export interface RbdDiskSource {
  readonly type: 'network';
  readonly protocol: 'rbd';
  /** `pool/image`. */
  readonly name: string;
  readonly format: 'raw';
  /** The cluster's monitors. */
  readonly hosts: readonly RbdMonitor[];
  /** Missing where the cluster asks nobody for a key. */
  readonly auth?: RbdAuth;
  readonly discard?: 'unmap' | 'ignore';
}

export interface RbdMonitor {
  /** A name or an address; IPv6 without brackets. */
  readonly name: string;
  readonly port?: number;
}

/** The libvirt secret that has the key of a Ceph user. */
export interface RbdAuth {
  readonly username: string;
  readonly secretType: 'ceph';
  readonly secretUuid: string;
}

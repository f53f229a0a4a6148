/** Where a guest finds a disk's bytes: the part of libvirt's `<disk>` that the backend knows. */
export interface DiskSource {
  readonly type: 'file';
  /** Absolute. */
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  /** `<driver io=…>`: native for preallocated disks, as in Nova. */
  readonly driverIo?: 'native';
  /** `<driver discard=…>` (Nova's hw_disk_discard). */
  readonly discard?: 'unmap' | 'ignore';
}

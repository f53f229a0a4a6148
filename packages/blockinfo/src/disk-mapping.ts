/** What a disk is to its guest. */
export type DeviceType = 'disk' | 'cdrom' | 'floppy' | 'lun';

/** Every {@link DeviceType}. */
export const deviceTypes: readonly DeviceType[] = ['disk', 'cdrom', 'floppy', 'lun'];

/** How a disk is encrypted, as the block device info says. */
export interface DiskEncryption {
  readonly secretUuid?: string | undefined;
  /** `plain`, `luks`, `luksv2`. */
  readonly format?: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** Where one disk sits in the guest. */
export interface DiskInfo {
  /** `virtio`, `scsi`, `ide`, `sata`, `usb`, `fdc`, `lxc`. */
  readonly bus: string;
  /** `vda`; missing where devices have no names (lxc). */
  readonly dev?: string | undefined;
  readonly type: DeviceType;
  /** The file system wished for: `ext4`, `swap`, … */
  readonly format?: string | undefined;
  /** Place in the boot order, from 1. */
  readonly bootIndex?: number | undefined;
  /** Present when the disk is encrypted. */
  readonly encryption?: DiskEncryption | undefined;
}

/**
 * The disks of a guest by Nova's names: `root`, `disk`, `disk.local`, `disk.eph0`, `disk.swap`, `disk.config`,
 * `disk.rescue`, `disk.config.rescue`, and `/dev/vdb` for a volume. `root` repeats the disk that boots. A map, since the
 * order decides ties of the boot order and an object would move keys that look like numbers to the front.
 */
export type DiskMapping = ReadonlyMap<string, DiskInfo>;

/** The key of a volume without a device name, which only lxc has; Nova's own key there is None. */
export const unnamedVolume = 'null';

/** The name of the ephemeral disk with this index, from 0. */
export function getEphDisk(index: number): string {
  return `disk.eph${index}`;
}

/** Whether a disk of the mapping has this device name (`vda`). */
export function hasDiskDev(mapping: DiskMapping, diskDev: string): boolean {
  return [...mapping.values()].some(({ dev }) => dev === diskDev);
}

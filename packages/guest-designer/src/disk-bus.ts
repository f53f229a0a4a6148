import type { DiskInfo } from '@spawnkit/blockinfo';
import type { DiskSource } from './disk-source.ts';
import type { DiskTuning } from './disk-tuning.ts';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isPower, isS390 } from './guest-policy.ts';

/** Buses that take each type of device; libvirt 9 refuses all others. */
const busesOf: Readonly<Record<DiskInfo['type'], readonly string[]>> = {
  disk: ['virtio', 'scsi', 'ide', 'sata', 'usb'],
  cdrom: ['scsi', 'ide', 'sata', 'usb'],
  floppy: ['fdc'],
  lun: ['virtio', 'scsi'],
};

/** Throws `DISK_BUS_UNAVAILABLE` for a disk on a bus which takes no such device, or which the machine does not have. */
export function checkDiskBus(policy: GuestPolicy, name: string, { bus, type }: DiskInfo): void {
  const missing = missingBuses(policy);
  const usable = busesOf[type].filter((one) => !missing.includes(one));
  if (usable.includes(bus)) return;
  const { arch, machine } = policy;
  const why = missing.includes(bus) ? `machines of type "${machine}" do not have` : `takes no device of type "${type}"`;
  throw new DesignerError('DISK_BUS_UNAVAILABLE', `The disk "${name}" is on the bus "${bus}", which ${why}.`, {
    context: { name, bus, type, arch, machine },
    fix: `Choose its bus among ${usable.join(', ') || 'those of another machine'}.`,
  });
}

/** Throws `DISK_SOURCE_INVALID` for a LUN, whose SCSI commands reach the device itself, that lies on anything but a device. */
export function checkLunSource(name: string, source: DiskSource): void {
  const isDevice = source.type === 'block' || (source.type === 'network' && source.protocol === 'iscsi');
  const { format, luksSecretUuid } = source;
  if (isDevice && format === 'raw' && luksSecretUuid === undefined) return;
  const message = `The disk "${name}" is a LUN, which must be a raw block device or an iSCSI disk without encryption.`;
  throw new DesignerError('DISK_SOURCE_INVALID', message, {
    context: { name, source: source.type, format, encrypted: luksSecretUuid !== undefined },
    fix: 'Attach it with the device type disk.',
  });
}

/** A disk as far as its users depend on it. */
interface SharedDisk {
  readonly info: DiskInfo;
  readonly source: DiskSource;
  readonly tuning: DiskTuning | undefined;
}

/**
 * Throws `DISK_BUS_UNAVAILABLE` for a disk that is read-only where only a cdrom can be, `DISK_SOURCE_INVALID` for one that
 * guests share in a format which keeps notes of its own.
 */
export function checkSharing(name: string, { info, source, tuning = {} }: SharedDisk): void {
  const { bus, type } = info;
  if (tuning.readonly && type === 'disk' && (bus === 'ide' || bus === 'sata')) {
    const message = `The disk "${name}" is read-only, which disks on the bus "${bus}" cannot be.`;
    const fix = 'Put it on virtio or scsi, or attach it as a cdrom.';
    throw new DesignerError('DISK_BUS_UNAVAILABLE', message, { context: { name, bus, type }, fix });
  }
  if (!tuning.shareable || source.format === 'raw') return;
  const message = `The disk "${name}" is shared by several guests, which its format "${source.format}" does not bear.`;
  const fix = 'Keep it as a raw volume, or attach it to one guest.';
  throw new DesignerError('DISK_SOURCE_INVALID', message, { context: { name, format: source.format }, fix });
}

/** Only old PCs have IDE; mainframes have neither that nor USB nor a floppy controller. */
function missingBuses(policy: GuestPolicy): readonly string[] {
  const { arch, machine = '' } = policy;
  if (isS390(policy)) return ['ide', 'sata', 'usb', 'fdc'];
  return arch === 'aarch64' || isPower(policy) || machine.includes('q35') ? ['ide'] : [];
}

import type { DiskInfo } from '@spawnkit/blockinfo';
import type { DiskSource } from './disk-source.ts';
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

/** Only old PCs have IDE; mainframes have neither that nor USB nor a floppy controller. */
function missingBuses(policy: GuestPolicy): readonly string[] {
  const { arch, machine = '' } = policy;
  if (isS390(policy)) return ['ide', 'sata', 'usb', 'fdc'];
  return arch === 'aarch64' || isPower(policy) || machine.includes('q35') ? ['ide'] : [];
}

import type { DiskPolicy } from './config.ts';
import { type DeviceType, deviceTypes } from './disk-mapping.ts';
import { BlockinfoError } from './errors.ts';
import { getArch, getMachineType } from './machine-type.ts';

/** Xen and UML guests are gone from Nova; their buses are known so that other types refuse them. */
const busesOf: ReadonlyMap<string, readonly string[]> = new Map([
  ['qemu', ['virtio', 'scsi', 'ide', 'usb', 'fdc', 'sata']],
  ['kvm', ['virtio', 'scsi', 'ide', 'usb', 'fdc', 'sata']],
  ['lxc', ['lxc']],
  ['parallels', ['ide', 'scsi']],
  ['xen', ['xen', 'ide']],
  ['uml', ['uml']],
]);

const scsiCdromArchitectures: readonly string[] = ['ppc', 'ppc64', 'ppcle', 'ppc64le', 's390', 's390x', 'aarch64'];

/** Whether guests of the virtualization type can have the bus. Throws `UNSUPPORTED_VIRT_TYPE`. */
export function isDiskBusValidForVirt(virtType: string, diskBus: string | undefined): boolean {
  const buses = busesOf.get(virtType);
  if (!buses) throw unsupportedVirtType(virtType);
  return diskBus !== undefined && buses.includes(diskBus);
}

/**
 * The bus for devices of a type: what the image wishes, else the best of the virtualization type; undefined where it has
 * none. Throws `UNSUPPORTED_DISK_BUS`, `UNSUPPORTED_VIRT_TYPE`, and `LUN_WITHOUT_BUS`, as no image can wish for a bus of
 * type `lun`.
 */
export function getDiskBusForDeviceType(policy: DiskPolicy, deviceType: DeviceType = 'disk'): string | undefined {
  const wish = imageWish(policy, deviceType);
  if (wish === undefined) return defaultBus(policy, deviceType);
  if (isDiskBusValidForVirt(policy.virtType, wish)) return wish;
  const allowed = busesOf.get(policy.virtType)?.join(', ') ?? '';
  const message = `The image wishes for the ${deviceType} bus "${wish}", which "${policy.virtType}" guests do not have: choose one of ${allowed} in its property hw_${deviceType}_bus, or remove the property.`;
  throw new BlockinfoError('UNSUPPORTED_DISK_BUS', message, { bus: wish, deviceType, virtType: policy.virtType });
}

/** The likely bus of a device name without `/dev/`. Throws `UNKNOWN_DEVICE_NAME`. */
export function getDiskBusForDiskDev(diskDev: string): string {
  if (diskDev.startsWith('hd')) return 'ide';
  if (diskDev.startsWith('sd')) return 'scsi';
  if (diskDev.startsWith('vd')) return 'virtio';
  if (diskDev.startsWith('fd')) return 'fdc';
  const message = `Cannot tell a disk bus from the device name "${diskDev}": names that tell one begin with hd, sd, vd or fd. Name the disk bus as well.`;
  throw new BlockinfoError('UNKNOWN_DEVICE_NAME', message, { diskDev });
}

/** The device type of the rescue disk, `disk` unless the rescue image says otherwise. Throws `UNSUPPORTED_RESCUE_DEVICE`. */
export function getRescueDevice(rescueImage: DiskPolicy['image']): DeviceType {
  const wish = rescueImage.hwRescueDevice ?? 'disk';
  const device = deviceTypes.find((type) => type === wish);
  if (device) return device;
  const message = `The rescue image wishes for the rescue device "${wish}", allowed are ${deviceTypes.join(', ')}: change its property hw_rescue_device.`;
  throw new BlockinfoError('UNSUPPORTED_RESCUE_DEVICE', message, { device: wish });
}

/** The bus of the rescue disk; `policy.image` is the rescue image. Throws `UNSUPPORTED_RESCUE_BUS` and as {@link getDiskBusForDeviceType}. */
export function getRescueBus(policy: DiskPolicy, rescueDevice: DeviceType): string | undefined {
  const wish = policy.image.hwRescueBus;
  if (wish === undefined) return getDiskBusForDeviceType(policy, rescueDevice);
  if (isDiskBusValidForVirt(policy.virtType, wish)) return wish;
  const allowed = busesOf.get(policy.virtType)?.join(', ') ?? '';
  const message = `The rescue image wishes for the bus "${wish}", which "${policy.virtType}" guests do not have: choose one of ${allowed} in its property hw_rescue_bus.`;
  throw new BlockinfoError('UNSUPPORTED_RESCUE_BUS', message, { bus: wish, virtType: policy.virtType });
}

function imageWish({ image }: DiskPolicy, deviceType: DeviceType): string | undefined {
  if (deviceType === 'disk') return image.hwDiskBus;
  if (deviceType === 'cdrom') return image.hwCdromBus;
  if (deviceType === 'floppy') return image.hwFloppyBus;
  const message =
    'A device of type "lun" needs a disk bus: no default exists and no image property can name one. Set its disk bus, for example to "scsi".';
  throw new BlockinfoError('LUN_WITHOUT_BUS', message, { deviceType });
}

function defaultBus(policy: DiskPolicy, deviceType: DeviceType): string | undefined {
  switch (policy.virtType) {
    case 'qemu':
    case 'kvm':
      return qemuBus(policy, deviceType);
    case 'lxc':
      return 'lxc';
    case 'parallels':
      return new Map<DeviceType, string>([
        ['cdrom', 'ide'],
        ['disk', 'scsi'],
      ]).get(deviceType);
    default:
      throw unsupportedVirtType(policy.virtType);
  }
}

function qemuBus(policy: DiskPolicy, deviceType: DeviceType): string | undefined {
  if (deviceType === 'disk') return 'virtio';
  if (deviceType === 'floppy') return 'fdc';
  if (deviceType !== 'cdrom') return undefined;
  if (scsiCdromArchitectures.includes(getArch(policy))) return 'scsi';
  // Q35 machines have no IDE controller; versions and vendors vary the name around it.
  return getMachineType(policy)?.includes('q35') ? 'sata' : 'ide';
}

function unsupportedVirtType(virtType: string): BlockinfoError {
  const message = `Disks of the virtualization type "${virtType}" are not known, supported are kvm, qemu, lxc and parallels.`;
  return new BlockinfoError('UNSUPPORTED_VIRT_TYPE', message, { virtType });
}

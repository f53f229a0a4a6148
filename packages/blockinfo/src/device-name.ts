import type { BlockDeviceInfo, SwapDisk } from '@spawnkit/instance';
import type { BlockinfoConfig } from './config.ts';
import { type DiskMapping, hasDiskDev } from './disk-mapping.ts';
import { BlockinfoError } from './errors.ts';

const prefixes: ReadonlyMap<string | undefined, string | undefined> = new Map([
  ['ide', 'hd'],
  ['virtio', 'vd'],
  ['scsi', 'sd'],
  ['usb', 'sd'],
  ['fdc', 'fd'],
  ['lxc', undefined],
  ['sata', 'sd'],
]);

/** `/dev/vda` → `vda`. */
export function stripDev<Name extends string | undefined>(deviceName: Name): Name | string {
  return deviceName?.startsWith('/dev/') ? deviceName.slice('/dev/'.length) : deviceName;
}

/** `vda` → `/dev/vda`; an empty or missing name stays what it is. */
export function prependDev<Name extends string | undefined>(deviceName: Name): Name | string {
  return deviceName ? `/dev/${stripDev(deviceName)}` : deviceName;
}

/** The device name with this index, from 0: `vda` … `vdz`, `vdaa`, … */
export function generateDeviceName(prefix: string, index: number): string {
  let letters = '';
  for (let rest = index; rest >= 0; rest = Math.floor(rest / 26) - 1) {
    letters = String.fromCharCode('a'.charCodeAt(0) + (rest % 26)) + letters;
  }
  return prefix + letters;
}

/** What device names of a bus begin with; undefined for lxc, whose devices have none. Throws `NO_DEVICE_PREFIX`. */
export function getDevPrefixForDiskBus(
  diskBus: string | undefined,
  config: Pick<BlockinfoConfig, 'diskPrefix'>,
): string | undefined {
  if (config.diskPrefix) return config.diskPrefix;
  if (prefixes.has(diskBus)) return prefixes.get(diskBus);
  const known = [...prefixes.keys()].join(', ');
  const message = `Cannot name a device on the disk bus "${diskBus ?? ''}": buses with device names are ${known}. Choose one as disk bus or set a disk prefix.`;
  throw new BlockinfoError('NO_DEVICE_PREFIX', message, { diskBus });
}

/** How many devices a bus takes; undefined means no limit. */
export function getDevCountForDiskBus(
  diskBus: string | undefined,
  config: Pick<BlockinfoConfig, 'maxDiskDevicesToAttach'>,
): number | undefined {
  if (diskBus === 'ide') return 4;
  return config.maxDiskDevicesToAttach < 0 ? undefined : config.maxDiskDevicesToAttach;
}

/** Where to look for a free device name. */
export interface DeviceNameSearch {
  readonly mapping: DiskMapping;
  readonly config: Pick<BlockinfoConfig, 'diskPrefix' | 'maxDiskDevicesToAttach'>;
  /** Names which others have been promised (`vdb`). */
  readonly assignedDevices?: Iterable<string> | undefined;
}

/** The first free device name of a bus; undefined for lxc. Throws `TOO_MANY_DISK_DEVICES`, `NO_DEVICE_PREFIX`. */
export function findDiskDevForDiskBus(bus: string | undefined, search: DeviceNameSearch): string | undefined {
  const prefix = getDevPrefixForDiskBus(bus, search.config);
  if (prefix === undefined) return undefined;
  const assigned = new Set(search.assignedDevices);
  const maximum = getDevCountForDiskBus(bus, search.config);
  for (let index = 0; index < (maximum ?? Number.POSITIVE_INFINITY); index++) {
    const dev = generateDeviceName(prefix, index);
    if (!assigned.has(dev) && !hasDiskDev(search.mapping, dev)) return dev;
  }
  const message = `Cannot add another disk on the bus "${bus ?? ''}": all ${maximum} device names from "${prefix}a" on are taken. Use another bus or fewer disks, or raise max_disk_devices_to_attach.`;
  throw new BlockinfoError('TOO_MANY_DISK_DEVICES', message, { bus, maximum });
}

/** Whether swap of the block device info has both a name and a size. */
export function swapIsUsable(swap: SwapDisk | undefined): boolean {
  return swap !== undefined && Boolean(swap.deviceName) && swap.swapSize > 0;
}

/** Whether a volume, usable swap or an ephemeral disk of the block device info has this device name. */
export function volumeInMapping(mountDevice: string | undefined, info: BlockDeviceInfo): boolean {
  const names = [
    ...info.blockDeviceMapping.map((volume) => volume.mountDevice),
    ...(swapIsUsable(info.swap) ? [info.swap?.deviceName] : []),
    ...info.ephemerals.map((disk) => disk.deviceName),
  ];
  return names.map(stripDev).includes(stripDev(mountDevice));
}

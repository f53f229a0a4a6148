import type { DeviceType, DiskInfo, DiskMapping } from './disk-mapping.ts';
import { BlockinfoError } from './errors.ts';

/** A kind of device in libvirt's `<boot dev=…/>`. */
export type BootDevice = 'hd' | 'cdrom' | 'fd';

const bootDevices: ReadonlyMap<DeviceType, BootDevice> = new Map([
  ['disk', 'hd'],
  ['cdrom', 'cdrom'],
  ['floppy', 'fd'],
]);

/**
 * The kinds of devices to boot from, in order of the boot indexes, each once; ties keep the order of the mapping. Indexes
 * are compared as numbers (Nova compares their texts, so that 10 comes before 2). Throws `LUN_IN_BOOT_ORDER`.
 */
export function getBootOrder(mapping: DiskMapping): readonly BootDevice[] {
  const booting = [...mapping].flatMap(([name, info]) =>
    name !== 'root' && info.bootIndex !== undefined ? [{ info, bootIndex: info.bootIndex }] : [],
  );
  const ordered = booting.toSorted((a, b) => a.bootIndex - b.bootIndex);
  return [...new Set(ordered.map(({ info }) => bootDevice(info)))];
}

function bootDevice(info: DiskInfo): BootDevice {
  const device = bootDevices.get(info.type);
  if (device) return device;
  const message = `Cannot boot from "${info.dev ?? ''}", a device of type "${info.type}": devices that boot are disk, cdrom and floppy. Remove its boot index or change its type.`;
  throw new BlockinfoError('LUN_IN_BOOT_ORDER', message, { dev: info.dev, type: info.type });
}

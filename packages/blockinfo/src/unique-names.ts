import type { BlockDeviceInfo } from '@spawnkit/instance';
import { stripDev } from './device-name.ts';
import type { DiskMapping } from './disk-mapping.ts';
import { BlockinfoError } from './errors.ts';

/** Throws `DEVICE_NAME_TAKEN` when two disks of the mapping, or two volumes that share one key of it, have one device name. */
export function assertUniqueNames(mapping: DiskMapping, blockDevices: BlockDeviceInfo): void {
  const volumes = blockDevices.blockDeviceMapping.map((volume) => ({
    disk: `volume ${volume.connectionInfo?.serial ?? volume.connectionInfo?.volumeId ?? ''}`.trim(),
    dev: stripDev(volume.mountDevice),
  }));
  const local = [...mapping].filter(([name]) => name !== 'root' && name.startsWith('disk'));
  const owners = new Map<string, string>();
  for (const { disk, dev } of [...local.map(([name, info]) => ({ disk: name, dev: info.dev })), ...volumes]) {
    if (!dev) continue;
    const owner = owners.get(dev);
    if (owner !== undefined) throw nameTaken(dev, owner, disk);
    owners.set(dev, disk);
  }
}

function nameTaken(dev: string, owner: string, disk: string): BlockinfoError {
  const message = `The device name "${dev}" is wanted by both ${owner} and ${disk}: give one of them another name, or none to have one chosen.`;
  return new BlockinfoError('DEVICE_NAME_TAKEN', message, { dev, disks: [owner, disk] });
}

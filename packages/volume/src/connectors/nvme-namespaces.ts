import type { DeviceHost } from '../device/device-host.ts';
import type { NvmeTarget } from './nvme-target.ts';

/** Names of the controllers (`nvme0`) that are connected to a subsystem. */
export async function controllersOf({ sysfs }: DeviceHost, { nqn }: NvmeTarget): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await sysfs.list('class/nvme')) {
    if ((await sysfs.read(`class/nvme/${name}/subsysnqn`)) === nqn) found.push(name);
  }
  return found;
}

/** The device of the namespace that is meant: by its ids, or the only one there is. */
export async function namespacePath(host: DeviceHost, target: NvmeTarget): Promise<string | undefined> {
  const devices = new Set<string>();
  for (const controller of await controllersOf(host, target)) {
    for (const name of await host.sysfs.list(`class/nvme/${controller}`)) {
      const device = blockDevice(name);
      if (device !== undefined && (await isMeant(host, `class/nvme/${controller}/${name}`, target)))
        devices.add(device);
    }
  }
  const [device] = devices;
  return devices.size === 1 && device !== undefined ? `/dev/${device}` : undefined;
}

/** `nvme0n1` is a device; `nvme0c1n1` is one path of it. */
function blockDevice(name: string): string | undefined {
  const parts = /^(nvme\d+)(?:c\d+)?(n\d+)$/.exec(name);
  return parts ? `${parts[1]}${parts[2]}` : undefined;
}

async function isMeant({ sysfs }: DeviceHost, path: string, { uuid, nguid }: NvmeTarget): Promise<boolean> {
  if (uuid !== undefined) return (await sysfs.read(`${path}/uuid`))?.toLowerCase() === uuid;
  if (nguid === undefined) return true;
  return (await sysfs.read(`${path}/nguid`))?.replaceAll('-', '').toLowerCase() === nguid.replaceAll('-', '');
}

import { isErrno } from '../failure.ts';
import type { DeviceHost } from './device-host.ts';
import { waitFor } from './wait-for.ts';

interface Call {
  readonly signal?: AbortSignal | undefined;
}

/** Asks a SCSI host to look at one unit of one target, or of all of them. */
export async function scanUnit({ sysfs }: DeviceHost, host: number, unit: number, target = '- -'): Promise<void> {
  await sysfs.write(`class/scsi_host/host${host}/scan`, `${target} ${unit}`);
}

/** The name (`sda`) of the block device of a unit below a target's directory in sysfs. */
export async function blockDeviceOf(
  { sysfs }: DeviceHost,
  targetPath: string,
  unit: number,
): Promise<string | undefined> {
  for (const address of await sysfs.list(targetPath)) {
    if (!/^\d+:\d+:\d+:\d+$/.test(address) || !address.endsWith(`:${unit}`)) continue;
    const [name] = await sysfs.list(`${targetPath}/${address}/block`);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The multipath map over a device, once multipathd has made one: its name below /dev/mapper, and its WWID. */
export async function multipathOf(
  host: DeviceHost,
  name: string,
): Promise<{ readonly name: string; readonly id: string } | undefined> {
  const { sysfs } = host;
  for (const holder of await sysfs.list(`class/block/${name}/holders`)) {
    const id = /^mpath-(.+)$/.exec((await sysfs.read(`class/block/${holder}/dm/uuid`)) ?? '')?.[1];
    const map = await sysfs.read(`class/block/${holder}/dm/name`);
    if (id !== undefined && map !== undefined) return { name: map, id };
  }
  return undefined;
}

/** What a guest opens: the multipath map where one is wanted and comes, otherwise the device. */
export async function foundDevice(host: DeviceHost, name: string, { signal }: Call): Promise<Record<string, string>> {
  const map = host.useMultipath ? await waitFor(host, () => multipathOf(host, name), signal) : undefined;
  return map ? { device_path: `/dev/mapper/${map.name}`, multipath_id: map.id } : { device_path: `/dev/${name}` };
}

/** Flushes a device and takes it from the host; with `force` also one that cannot be flushed. */
export async function removeScsiDevice(
  host: DeviceHost,
  name: string,
  { force = false, signal }: Call & { readonly force?: boolean | undefined },
): Promise<void> {
  const { exec, sysfs, timeoutMs } = host;
  const map = await multipathOf(host, name);
  if (map) await unlessForced(force, host, () => exec('multipath', ['-f', map.name], { signal, timeoutMs }));
  await unlessForced(force, host, () => exec('blockdev', ['--flushbufs', `/dev/${name}`], { signal, timeoutMs }));
  await sysfs.write(`class/block/${name}/device/delete`, '1').catch((error: unknown) => {
    // It went by itself meanwhile.
    if (!isErrno(error, 'ENOENT', 'ENODEV', 'ENXIO')) throw error;
  });
}

async function unlessForced(force: boolean, { log }: DeviceHost, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!force) throw error;
    log.warn('a device could not be flushed', { error: String(error) });
  }
}

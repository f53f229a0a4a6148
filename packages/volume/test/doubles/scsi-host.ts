import { mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The part of a kernel that shows SCSI devices in sysfs, over plain files: what is written there has an effect at `settle`. */
export interface ScsiKernel {
  /** Shows a session with its SCSI host; the target shows `units` when it is scanned for them. */
  addHost(host: number, session: string): Promise<void>;
  removeHost(host: number): Promise<void>;
  /** Carries out what was written to `scan` and `delete`. */
  settle(): Promise<void>;
}

/** `sys` is the root of sysfs; `units` are those the target has. */
export function scsiKernel(sys: string, units: readonly number[]): ScsiKernel {
  const hostPath = (host: number) => join(sys, 'devices', `host${host}`);
  const scanPath = (host: number) => join(sys, 'class/scsi_host', `host${host}`);
  const names = new Map<string, string>();
  const show = async (host: number, session: string, unit: number) => {
    const address = `${host}:0:0:${unit}`;
    const device = join(hostPath(host), session, `target${host}:0:0`, address);
    const name = names.get(address) ?? `sd${String.fromCodePoint(97 + unit)}`;
    if (names.has(address)) return;
    names.set(address, name);
    await mkdir(join(device, 'block', name), { recursive: true });
    await mkdir(join(sys, 'class/block', name, 'holders'), { recursive: true });
    await symlink(device, join(sys, 'class/block', name, 'device'));
  };
  const hide = async (address: string, name: string) => {
    names.delete(address);
    await rm(join(sys, 'class/block', name), { recursive: true, force: true });
  };
  return {
    async addHost(host, session) {
      await mkdir(join(hostPath(host), session), { recursive: true });
      await mkdir(scanPath(host), { recursive: true });
    },
    async removeHost(host) {
      for (const [address, name] of names) if (address.startsWith(`${host}:`)) await hide(address, name);
      await rm(hostPath(host), { recursive: true, force: true });
      await rm(scanPath(host), { recursive: true, force: true });
    },
    async settle() {
      for (const entry of await readdir(join(sys, 'class/scsi_host')).catch(() => [])) {
        const host = Number(entry.replace('host', ''));
        const scan = await readFile(join(scanPath(host), 'scan'), 'utf8').catch(() => '');
        await rm(join(scanPath(host), 'scan'), { force: true });
        const unit = Number(scan.split(' ').at(-1));
        const [session] = await readdir(hostPath(host)).catch(() => []);
        if (scan !== '' && session !== undefined && units.includes(unit)) await show(host, session, unit);
      }
      for (const [address, name] of names) {
        const device = join(sys, 'class/block', name, 'device');
        if ((await readFile(join(device, 'delete'), 'utf8').catch(() => '')) !== '1') continue;
        await rm(await realpath(device), { recursive: true, force: true });
        await hide(address, name);
      }
    },
  };
}

/** Writes one attribute of sysfs. */
export async function attribute(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `${text}\n`);
}

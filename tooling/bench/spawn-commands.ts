import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type PreparedGuest, type SpawnStage, uniqueName } from './spawn-stage.ts';
import { timed } from './statistics.ts';
import type { Contender } from './turns.ts';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const URI = 'qemu:///system';

/** The times of two contenders that need each other: what the first makes, the second removes. */
export interface Pair {
  readonly make: Contender;
  readonly remove: Contender;
}

/** `spawner launch` and `spawner delete`, whole processes of the built program. */
export async function ourCommands({ directory, spec }: SpawnStage): Promise<Pair> {
  const file = join(directory, 'launched.yaml');
  const name = uniqueName('cli');
  await writeFile(file, spec(name));
  return {
    make: () => timed(() => spawner(directory, 'launch', file)),
    remove: () => timed(() => spawner(directory, 'delete', name)),
  };
}

/** `virsh define` and `start` of the same guest; `destroy` and `undefine`. */
export async function virsh({ directory }: SpawnStage, { spawned, xml }: PreparedGuest): Promise<Pair> {
  const file = join(directory, 'virsh.xml');
  await writeFile(file, xml);
  const call = (...args: readonly string[]) => execute('virsh', ['--quiet', '--connect', URI, ...args]);
  return {
    make: () => timed(async () => (await call('define', file), await call('start', spawned.name))),
    remove: () => timed(async () => (await call('destroy', spawned.name), await call('undefine', spawned.name))),
  };
}

/** `virt-install --import` of a guest of the same size; its disk is there, as is everybody's but ours. */
export function virtInstall({ conn, directory }: SpawnStage, { spawned }: PreparedGuest): Contender {
  const { instancePath, virtType } = spawned;
  const name = uniqueName('virt-install');
  const boot = `kernel=${instancePath}/kernel,initrd=${instancePath}/ramdisk,kernel_args=console=ttyS0`;
  const guest = ['--name', name, '--memory', '128', '--vcpus', '1', '--virt-type', virtType, '--boot', boot];
  const disk = ['--disk', `path=${instancePath}/disk,format=qcow2,bus=virtio`];
  const devices = [...disk, '--network', 'network=spawnkit,model=virtio', '--graphics', 'none'];
  const manner = ['--connect', URI, '--import', '--noautoconsole', '--osinfo', 'detect=off,require=off'];
  // It keeps a log below its user's home.
  const env = { ...process.env, HOME: directory, XDG_CACHE_HOME: directory };
  return async () => {
    const pools = await conn.storagePools.list();
    const took = await timed(() => execute('virt-install', [...manner, ...guest, ...devices], { env }));
    const domain = await conn.domains.byName(name);
    await domain.destroy();
    await domain.undefine();
    // It makes a storage pool of the disk's directory.
    const before = new Set(pools.map(({ uuid }) => uuid));
    for (const pool of await conn.storagePools.list()) {
      if (before.has(pool.uuid) || !(await pool.xml()).includes(instancePath)) continue;
      await pool.destroy();
      await pool.undefine();
    }
    return took;
  };
}

/** `spawner --version`, a whole process. */
export function version(): Contender {
  return () => timed(() => execute(process.execPath, [program, '--version']));
}

/** Peak memory in MiB of a process that spawns one guest: `VmHWM`, as it says itself at its end. */
export async function peakMemoryMiB({ directory, spec }: SpawnStage): Promise<number> {
  const [file, told, name] = [join(directory, 'peak.yaml'), join(directory, 'peak'), uniqueName('peak')];
  await writeFile(file, spec(name, { configDrive: true }));
  const ending = `
    import { readFileSync, writeFileSync } from 'node:fs';
    process.on('exit', () => writeFileSync(${JSON.stringify(told)}, readFileSync('/proc/self/status')));`;
  const loaded = `data:text/javascript,${encodeURIComponent(ending)}`;
  const args = [program, '--quiet', '--state-dir', directory, 'launch', file];
  await execute(process.execPath, ['--import', loaded, ...args]);
  await spawner(directory, 'delete', name);
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(told, 'utf8')) ?? [];
  return Math.round(Number(kib) / 102.4) / 10;
}

/** Runs the built program on a place of its own. */
export function spawner(stateDir: string, ...args: readonly string[]) {
  return execute(process.execPath, [program, '--quiet', '--state-dir', stateDir, ...args], {
    maxBuffer: 64 * 1024 ** 2,
  });
}

const program = join(root, 'apps/spawner/dist/cli.js');

import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { BlockDiskSource, RbdDiskSource } from '../src/disk-source.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const BOOT_MS = 90_000;

type GuestDisk = BlockDiskSource | RbdDiskSource;

/** The directory of the lab's tiny guest, built unless it is there. */
export async function tinyGuest(): Promise<string> {
  return (await run(join(root, 'tooling/lab/tiny'), [], { timeout: 180_000 })).stdout.trim();
}

/** Boots the tiny guest with a disk on the lab's libvirt, and answers its console when it is ready. Leaves nothing behind. */
export async function bootTiny(name: string, source: GuestDisk): Promise<string> {
  await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt', '--no-network'], { timeout: 120_000 });
  return bootOn(name, { source, tiny: await tinyGuest() });
}

/** The same on a libvirt that runs already. `tiny` is the guest's directory. */
export async function bootOn(name: string, { source, tiny }: { source: GuestDisk; tiny: string }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'boot-'));
  await chmod(directory, 0o755);
  const log = join(directory, 'console.log');
  try {
    await writeFile(join(directory, 'domain.xml'), domainXml({ name, source, log, tiny }));
    await virsh('create', join(directory, 'domain.xml'));
    return await untilReady(log);
  } finally {
    await virsh('destroy', name).catch(() => {});
    await rm(directory, { recursive: true });
  }
}

function domainXml(guest: { name: string; source: GuestDisk; log: string; tiny: string }): string {
  const { name, source, log, tiny } = guest;
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>128</memory><vcpu>1</vcpu>
    <os><type machine='pc'>hvm</type><kernel>${tiny}/vmlinuz</kernel><initrd>${tiny}/initramfs.img</initrd>
      <cmdline>console=ttyS0</cmdline></os>
    <features><acpi/><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features><on_reboot>destroy</on_reboot>
    <devices><disk type='${source.type}' device='disk'><driver name='qemu' type='raw' cache='writeback'/>
      ${sourceXml(source)}<target dev='vda' bus='virtio'/></disk>
      <serial type='file'><source path='${log}'/></serial></devices></domain>`;
}

function sourceXml(source: GuestDisk): string {
  if (source.type === 'block') return `<source dev='${source.path}'/>`;
  const hosts = source.hosts.map((host) => `<host name='${host.name}' port='${host.port}'/>`).join('');
  const auth = source.auth
    ? `<auth username='${source.auth.username}'><secret type='ceph' uuid='${source.auth.secretUuid}'/></auth>`
    : '';
  return `${auth}<source protocol='rbd' name='${source.name}'>${hosts}</source>`;
}

async function untilReady(log: string): Promise<string> {
  const deadline = performance.now() + BOOT_MS;
  for (;;) {
    const text = await readFile(log, 'utf8').catch(() => '');
    if (/^TINY-READY/m.test(text)) return text;
    if (performance.now() > deadline)
      throw new Error(`the guest is not ready after ${BOOT_MS} ms; its console: ${text}`);
    await sleep(100);
  }
}

function virsh(...args: readonly string[]) {
  return run('virsh', ['-q', '-c', 'qemu:///system', ...args], { timeout: 60_000 });
}

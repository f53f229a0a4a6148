import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { RbdDiskSource } from '../src/disk-source.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const BOOT_MS = 90_000;

/** The directory of the lab's tiny guest, built unless it is there. */
export async function tinyGuest(): Promise<string> {
  return (await run(join(root, 'tooling/lab/tiny'), [], { timeout: 180_000 })).stdout.trim();
}

/** Boots the tiny guest with a disk, and answers its console when it is ready. Leaves nothing behind. */
export async function bootTiny(name: string, source: RbdDiskSource): Promise<string> {
  await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt', '--no-network'], { timeout: 120_000 });
  const directory = await mkdtemp(join(tmpdir(), 'boot-'));
  await chmod(directory, 0o755);
  const log = join(directory, 'console.log');
  try {
    await writeFile(join(directory, 'domain.xml'), domainXml({ name, source, log, tiny: await tinyGuest() }));
    await virsh('create', join(directory, 'domain.xml'));
    return await untilReady(log);
  } finally {
    await virsh('destroy', name).catch(() => {});
    await rm(directory, { recursive: true });
  }
}

function domainXml(guest: { name: string; source: RbdDiskSource; log: string; tiny: string }): string {
  const { name, source, log, tiny } = guest;
  const hosts = source.hosts.map((host) => `<host name='${host.name}' port='${host.port}'/>`).join('');
  const auth = source.auth
    ? `<auth username='${source.auth.username}'><secret type='ceph' uuid='${source.auth.secretUuid}'/></auth>`
    : '';
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>128</memory><vcpu>1</vcpu>
    <os><type machine='pc'>hvm</type><kernel>${tiny}/vmlinuz</kernel><initrd>${tiny}/initramfs.img</initrd>
      <cmdline>console=ttyS0</cmdline></os>
    <features><acpi/><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features><on_reboot>destroy</on_reboot>
    <devices><disk type='network' device='disk'><driver name='qemu' type='raw' cache='writeback'/>${auth}
      <source protocol='rbd' name='${source.name}'>${hosts}</source><target dev='vda' bus='virtio'/></disk>
      <serial type='file'><source path='${log}'/></serial></devices></domain>`;
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

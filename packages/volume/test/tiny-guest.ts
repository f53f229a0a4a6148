import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { build, type Disk, Domain, MiB } from '@spawnkit/guest-config';
import type { Domain as LibvirtDomain } from '@spawnkit/libvirt';

/** The document of a tiny guest with these disks, translated by QEMU, under a name of its own. */
export function tinyGuest(tiny: string, disks: readonly Disk[]): string {
  const uuid = randomUUID();
  return build(Domain, {
    type: 'qemu',
    name: `spawnkit-volume-${uuid.slice(0, 8)}`,
    uuid,
    memory: MiB(128),
    vcpu: { value: 1 },
    os: {
      type: { value: 'hvm', arch: 'x86_64', machine: 'pc' },
      kernel: `${tiny}/vmlinuz`,
      initrd: `${tiny}/initramfs.img`,
      cmdline: 'console=ttyS0',
    },
    features: { acpi: true, tcg: { tbCache: MiB(64) } },
    onPoweroff: 'destroy',
    onReboot: 'destroy',
    devices: { disks, serials: [{ type: 'pty' }] },
  });
}

/** The shell of a tiny guest that was just resumed. */
export interface Shell {
  /** Waits until the guest has booted. */
  ready(): Promise<void>;
  /** What a command prints. */
  run(command: string): Promise<string>;
}

export async function openShell(guest: LibvirtDomain, signal: AbortSignal): Promise<Shell & Disposable> {
  const tty: Duplex = await guest.console({ force: true });
  let output = '';
  tty.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
  tty.on('error', () => {});
  const until = async (marker: string) => {
    while (!output.includes(marker)) await once(tty, 'data', { signal });
    const before = output.slice(0, output.indexOf(marker));
    output = output.slice(output.indexOf(marker) + marker.length);
    return before;
  };
  return {
    ready: async () => void (await until('tiny# ')),
    async run(command) {
      // Neither the command nor its echo has the numbers that the shell makes.
      tty.write(`echo begin-$((6*7)); ${command}; echo end-$((6*7))\n`);
      await until('begin-42\r\n');
      return (await until('end-42')).replaceAll('\r\n', '\n');
    },
    [Symbol.dispose]: () => void tty.destroy(),
  };
}

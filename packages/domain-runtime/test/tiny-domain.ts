import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';

/** A domain of the lab's tiny guest. */
export interface TinyDomain {
  readonly name: string;
  readonly uuid: string;
  readonly xml: string;
}

const root = join(import.meta.dirname, '../../..');

/** Starts the lab's libvirt unless it runs, and builds the tiny guest unless it is there; answers where that lies. */
export async function openLab(): Promise<{ readonly tiny: string }> {
  await hostExec()('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt'], { cwd: root, timeoutMs: 120_000 });
  return { tiny: await openTiny() };
}

/** Builds the tiny guest unless it is there; answers where it lies. */
export async function openTiny(): Promise<string> {
  const { stdout } = await hostExec()('bash', [join(root, 'tooling/lab/tiny')], { cwd: root, timeoutMs: 120_000 });
  return stdout.trim();
}

/** A domain of a name of its own, translated by QEMU, without disks and networks. `arguments` go to its kernel. */
export function tinyDomain({ tiny }: { readonly tiny: string }, kernelArguments = ''): TinyDomain {
  const uuid = randomUUID();
  const name = `spawnkit-runtime-${uuid.slice(0, 8)}`;
  const xml = `<domain type='qemu'>
    <name>${name}</name>
    <uuid>${uuid}</uuid>
    <memory unit='MiB'>128</memory>
    <vcpu>1</vcpu>
    <os>
      <type arch='x86_64' machine='pc'>hvm</type>
      <kernel>${tiny}/vmlinuz</kernel>
      <initrd>${tiny}/initramfs.img</initrd>
      <cmdline>console=ttyS0 ${kernelArguments}</cmdline>
    </os>
    <features><acpi/><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features>
    <on_poweroff>destroy</on_poweroff>
    <on_reboot>destroy</on_reboot>
    <devices><serial type='pty'/></devices>
  </domain>`;
  return { name, uuid, xml };
}

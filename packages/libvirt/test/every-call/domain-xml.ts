import { randomUUID } from 'node:crypto';

/** What domains of a walk are made of. */
export interface Machine {
  readonly driver: 'test' | 'qemu';
  /** Of the tiny guest. */
  readonly tiny: string;
  readonly network: string;
  /** Where the socket of the agent and disks lie. */
  readonly directory: string;
}

/** A domain with a disk, an interface, a console, a screen, a channel and a channel for an agent. */
export function domainXml(name: string, machine: Machine): string {
  const { driver, tiny, network, directory } = machine;
  const qemu = driver === 'qemu';
  return `<domain type='${driver}'><name>${name}</name><uuid>${randomUUID()}</uuid>
    <memory unit='MiB'>128</memory><currentMemory unit='MiB'>128</currentMemory><vcpu current='1'>2</vcpu>
    <iothreads>1</iothreads>
    <os><type arch='${qemu ? 'x86_64' : 'i686'}'${qemu ? " machine='pc'" : ''}>hvm</type>
      ${qemu ? `<kernel>${tiny}/vmlinuz</kernel><initrd>${tiny}/initramfs.img</initrd><cmdline>console=ttyS0 quiet</cmdline>` : ''}
    </os>
    <features><acpi/>${qemu ? "<tcg><tb-cache unit='MiB'>64</tb-cache></tcg>" : ''}</features>
    <on_reboot>destroy</on_reboot>
    <devices>
      <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${directory}/${name}.qcow2'/>
        <target dev='vda' bus='virtio'/></disk>
      <interface type='network'><mac address='${mac()}'/><source network='${network}'/><model type='virtio'/></interface>
      <serial type='pty'/>
      <channel type='${qemu ? 'unix' : 'pty'}'><target type='virtio' name='org.spawnkit.walk'/></channel>
      <channel type='unix'><source mode='connect' path='${directory}/agent'/>
        <target type='virtio' name='org.qemu.guest_agent.0'/></channel>
      <graphics type='vnc'><listen type='none'/></graphics>
      <video><model type='vga'/></video>
      <memballoon model='virtio'/>
    </devices></domain>`;
}

function mac(): string {
  return `52:54:00:${randomUUID().slice(0, 6).match(/../g)?.join(':') ?? ''}`;
}

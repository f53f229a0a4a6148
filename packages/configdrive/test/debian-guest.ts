import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');

/** Why no real guest can be started here; undefined when it can. */
export const noGuests = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd and the Debian image need root';

/** Libvirt with a network of our own, a Debian 12 image with cloud-init, and a key pair. */
export interface DebianLab {
  /** Removed at the end, with all that was started in it. */
  readonly directory: string;
  readonly network: string;
  /** Address of the host on the network, and of the guest; a /29. */
  readonly hostAddress: string;
  readonly guestAddress: string;
  readonly mac: string;
  readonly publicKey: string;
}

/** A guest's drive, as the guest sees it. */
export interface GuestDrive {
  readonly path: string;
  readonly device: 'cdrom' | 'disk';
}

export interface DebianGuest {
  /** Its qcow2 disk. */
  readonly disk: string;
  /** Waits until the console has said something, and answers all that it has said. */
  readonly said: (pattern: RegExp) => Promise<string>;
  readonly ssh: (user: string, command: string, input?: string) => Promise<string>;
}

/** Installs and starts what guests need. Takes a minute and a half where the image is not built yet. */
export async function openDebianLab(): Promise<DebianLab> {
  await run(join(root, 'tooling/setup/debian'), ['base', 'debian-image'], { timeout: 600_000 });
  await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt', '--no-network'], { timeout: 120_000 });
  await run(join(root, 'tooling/lab/debian/build'), [], { timeout: 600_000 });
  // Where QEMU's user can reach it.
  const directory = await mkdtemp('/var/tmp/spawnkit-debian-');
  await chmod(directory, 0o711);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', join(directory, 'key')]);
  const publicKey = (await readFile(join(directory, 'key.pub'), 'utf8')).trim();
  return { directory, mac: newMac(), publicKey, ...(await startNetwork(directory)) };
}

/** A MAC address of QEMU's range. */
export function newMac(): string {
  return `52:54:00:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
}

export async function closeDebianLab({ directory, network }: DebianLab): Promise<void> {
  await virsh('net-destroy', network).catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
}

/** A disk of its own on top of the image. */
export async function debianDisk({ directory }: DebianLab): Promise<string> {
  const disk = join(directory, `${randomBytes(4).toString('hex')}.qcow2`);
  const lab = process.env['SPAWNKIT_LAB'] ?? join(root, '.lab');
  const backing = join(lab, 'debian/debian.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', backing, '-F', 'qcow2', disk]);
  return disk;
}

/** Boots a guest, hands it to `use`, and destroys it. A failure tells the end of its console. */
export async function withDebian<Result>(
  lab: DebianLab,
  {
    disk,
    drive,
    moreMacs = [],
  }: { readonly disk?: string; readonly drive?: GuestDrive; readonly moreMacs?: readonly string[] },
  use: (guest: DebianGuest) => Promise<Result>,
): Promise<Result> {
  const name = `configdrive-${randomBytes(4).toString('hex')}`;
  const console = join(lab.directory, `${name}.log`);
  const xml = join(lab.directory, `${name}.xml`);
  const own = disk ?? (await debianDisk(lab));
  await writeFile(xml, domainXml(lab, { name, disk: own, drive, console, macs: [lab.mac, ...moreMacs] }));
  await virsh('create', xml);
  try {
    return await use({ disk: own, said: (pattern) => said(console, pattern), ssh: sshTo(lab) });
  } catch (cause) {
    const end = (await readFile(console, 'utf8').catch(() => '')).slice(-3000);
    throw new Error(`the guest did not do what was expected; its console ends with:\n${end}`, { cause });
  } finally {
    await virsh('destroy', name).catch(() => undefined);
  }
}

async function startNetwork(directory: string) {
  const network = `cd-${randomBytes(4).toString('hex')}`;
  const file = join(directory, 'network.xml');
  let refusal: unknown;
  for (let attempt = 0; attempt < 5; attempt++) {
    const prefix = `10.213.${randomBytes(1)[0] ?? 0}`;
    const [hostAddress, guestAddress] = [`${prefix}.1`, `${prefix}.2`];
    const ip = `<ip address='${hostAddress}' netmask='255.255.255.248'/>`;
    await writeFile(
      file,
      `<network><name>${network}</name><bridge name='${network}' stp='off' delay='0'/>${ip}</network>`,
    );
    try {
      await virsh('net-create', file);
      return { network, hostAddress, guestAddress };
    } catch (error) {
      // The addresses are in use; others may be free.
      refusal = error;
    }
  }
  throw refusal;
}

interface DomainParts {
  readonly name: string;
  readonly disk: string;
  readonly drive: GuestDrive | undefined;
  readonly console: string;
  readonly macs: readonly string[];
}

/** Under TCG QEMU would take up to 1 GiB for translated code. */
function domainXml({ network }: DebianLab, { name, disk, drive, console, macs }: DomainParts): string {
  const target =
    drive?.device === 'cdrom' ? `<target dev='hda' bus='ide'/><readonly/>` : `<target dev='vdb' bus='virtio'/>`;
  const second = drive
    ? `<disk type='file' device='${drive.device}'><driver name='qemu' type='raw'/><source file='${drive.path}'/>${target}</disk>`
    : '';
  const interfaces = macs.map(
    (mac) =>
      `<interface type='network'><source network='${network}'/><mac address='${mac}'/><model type='virtio'/></interface>`,
  );
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>768</memory><vcpu>1</vcpu>
<os><type machine='pc'>hvm</type></os><on_reboot>destroy</on_reboot>
<features><acpi/><tcg><tb-cache unit='MiB'>256</tb-cache></tcg></features>
<devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk}'/><target dev='vda' bus='virtio'/></disk>
${second}
${interfaces.join('\n')}
<serial type='file'><source path='${console}'/></serial>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
</devices></domain>`;
}

async function said(console: string, pattern: RegExp): Promise<string> {
  const deadline = performance.now() + 300_000;
  for (;;) {
    const text = await readFile(console, 'utf8').catch(() => '');
    if (pattern.test(text)) return text;
    if (performance.now() > deadline) throw new Error(`the console has not said ${String(pattern)} within 300 s`);
    await delay(250);
  }
}

function sshTo({ directory, guestAddress }: DebianLab): DebianGuest['ssh'] {
  const known = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'LogLevel=ERROR'];
  // An attempt a second: a guest may say that one can log in before its sshd runs.
  const patience = ['ConnectTimeout=30', 'ConnectionAttempts=30'];
  const fixed = [...[...known, ...patience].flatMap((option) => ['-o', option]), '-i', join(directory, 'key')];
  return async (user, command, input = '') => {
    const running = run('ssh', [...fixed, `${user}@${guestAddress}`, command], { timeout: 120_000 });
    running.child.stdin?.end(input);
    return (await running).stdout;
  };
}

function virsh(...args: readonly string[]) {
  return run('virsh', ['-q', '-c', 'qemu:///system', ...args], { timeout: 180_000 });
}

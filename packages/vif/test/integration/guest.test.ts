import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostExec, systemClock } from '@spawnkit/effects';
import { type Connection, connect } from '@spawnkit/libvirt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { enableHairpin } from '../../src/firewall/hairpin.ts';
import { checkVif, plug, unplug } from '../../src/plug.ts';
import type { VifContext } from '../../src/vif-type.ts';
import { aVif } from '../a-vif.ts';

const root = join(import.meta.dirname, '../../../..');
const obstacle = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd and switch need root';
if (obstacle) process.stderr.write(`skipped, a guest on every kind of network: ${obstacle}\n`);

const id = randomBytes(2).toString('hex');
const uuid = randomUUID();
const lab = join(root, 'tooling/lab/lab');

/** One card of the guest per kind of VIF, each in a network of its own in which the host is the other member. */
const cards = ['bridge', 'network', 'native', 'by-libvirt', 'hybrid', 'macvtap'] as const;
type Card = (typeof cards)[number];
const number = (card: Card) => cards.indexOf(card) + 1;
const mac = (card: Card) => `fa:16:3e:${id.slice(0, 2)}:${id.slice(2)}:0${number(card)}`;
const portId = (card: Card) => `${id}000${number(card)}-aaaa-4bbb-8ccc-000000000001`;
const hostAddress = (card: Card) => `10.241.${number(card)}.1/24`;
const guestAddress = (card: Card) => `10.241.${number(card)}.10`;
const tap = (card: Card) => `tap${portId(card)}`.slice(0, 14);
const switchOf = (card: Card) => `vfo${number(card)}-${id}`;
const name = { bridge: `vfn-${id}`, ovs: `vfo-${id}`, network: `vfnet-${id}`, lower: `vfm-${id}`, upper: `vfh-${id}` };

const common = (card: Card) => ({ address: mac(card), devname: tap(card) });
const switched = (card: Card, more: Readonly<Record<string, unknown>>, details = {}) =>
  aVif({
    id: portId(card),
    type: 'ovs',
    bridge: switchOf(card),
    more: { ...common(card), details: { datapath_type: 'netdev', ...details }, ...more },
  });
const vifs = {
  bridge: aVif({
    id: portId('bridge'),
    bridge: name.bridge,
    meta: { should_create_bridge: true },
    more: common('bridge'),
  }),
  network: aVif({ id: portId('network'), type: 'network', bridge: name.network, more: common('network') }),
  native: switched('native', { delegate_create: true }),
  'by-libvirt': switched('by-libvirt', { delegate_create: false }),
  hybrid: switched('hybrid', {}, { ovs_hybrid_plug: true, port_filter: true }),
  macvtap: aVif({
    id: portId('macvtap'),
    type: 'macvtap',
    more: {
      address: mac('macvtap'),
      details: { macvtap_source: name.lower, macvtap_mode: 'bridge', physical_interface: name.lower },
    },
  }),
};
const backends: Readonly<Record<Card, string>> = {
  bridge: `type='bridge'><source bridge='${name.bridge}'/>${target('bridge')}`,
  network: `type='network'><source network='${name.network}'/>${target('network')}`,
  native: `type='ethernet'>${target('native')}`,
  'by-libvirt': `type='bridge'><source bridge='${switchOf('by-libvirt')}'/>${target('by-libvirt')}<virtualport type='openvswitch'><parameters interfaceid='${portId('by-libvirt')}'/></virtualport>`,
  hybrid: `type='bridge'><source bridge='${`qbr${portId('hybrid')}`.slice(0, 14)}'/>${target('hybrid')}`,
  macvtap: `type='direct'><source dev='${name.lower}' mode='bridge'/>`,
};

/** The switch's own datapath takes frames as they are: nobody may leave their checksums to somebody else. */
const plainFrames = `<driver name='qemu'><host csum='off' gso='off' tso4='off' tso6='off'/></driver>`;

function target(card: Card): string {
  return `<target dev='${tap(card)}'/>`;
}

describe.skipIf(obstacle)('a real guest', () => {
  const exec = hostExec();
  const ip = (...args: readonly string[]) => exec('ip', args);
  let conn: Connection;
  let directory: string;
  let tiny: string;
  let context: VifContext;
  let isOwnSwitch = false;

  beforeAll(async () => {
    execFileSync(join(root, 'tooling/setup/debian'), ['base', 'ovs'], { timeout: 600_000, stdio: 'ignore' });
    tiny = (await exec(join(root, 'tooling/lab/tiny'), [], { cwd: root, timeoutMs: 600_000 })).stdout.trim();
    await exec('bash', [lab, 'up', 'libvirt', '--no-network'], { cwd: root, timeoutMs: 120_000 });
    isOwnSwitch = (await exec('bash', [lab, 'status', 'ovs'], { okExitCodes: [0, 1] })).exitCode === 1;
    await exec('bash', [lab, 'up', 'ovs'], { cwd: root, timeoutMs: 60_000 });
    conn = await connect('qemu:///system');
    // Where QEMU's user can read, as he can read the tiny guest.
    directory = await mkdtemp(join(tiny, '..', 'vif-'));
    await chmod(directory, 0o755);
    // Its own, since libvirt gives a file to the user of one guest at a time.
    for (const file of ['vmlinuz', 'initramfs.img']) await copyFile(join(tiny, file), join(directory, file));
    context = { exec, conn, locksPath: join(directory, 'locks'), owner: { uuid } };
  });
  afterAll(async () => {
    if (isOwnSwitch) await exec('bash', [lab, 'down', 'ovs'], { timeoutMs: 60_000 });
    await conn[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  const devices = async () =>
    (JSON.parse((await ip('-json', 'link', 'show')).stdout) as readonly { readonly ifname: string }[])
      .map(({ ifname }) => ifname)
      .filter((one) => one.includes(id))
      .toSorted();

  /** What carries the networks besides the VIFs' own parts. */
  async function lay(): Promise<void> {
    await ip('link', 'add', name.lower, 'type', 'veth', 'peer', 'name', name.upper);
    await ip('link', 'set', name.lower, 'up');
    await ip('link', 'set', name.upper, 'up');
    const xml = `<network><name>${name.network}</name><bridge name='vfl-${id}'/><ip address='10.241.2.1' netmask='255.255.255.0'/></network>`;
    const network = await conn.networks.define(xml);
    await network.start();
  }

  async function unlay(): Promise<void> {
    await ip('link', 'delete', name.lower);
    const network = await conn.networks.byName(name.network);
    if (await network.isActive()) await network.destroy();
    await network.undefine();
  }

  async function endDomain(): Promise<void> {
    const domain = (await conn.domains.list()).find((one) => one.uuid === uuid);
    await domain?.destroy();
  }

  async function reach(): Promise<void> {
    for (const [card, device] of [
      ['bridge', name.bridge],
      ['macvtap', name.upper],
    ] as const) {
      await ip('address', 'add', hostAddress(card), 'dev', device);
    }
    // Apart, since a guest answers on each of its cards for all of its addresses.
    for (const card of ['native', 'by-libvirt', 'hybrid'] as const) {
      await ip('address', 'add', hostAddress(card), 'dev', switchOf(card));
      await ip('link', 'set', switchOf(card), 'up');
    }
  }

  async function makeDrive(path: string): Promise<void> {
    const tree = join(directory, 'drive/openstack/latest');
    await mkdir(tree, { recursive: true });
    const links = cards.map((card) => ({ id: card, type: 'phy', ethernet_mac_address: mac(card) }));
    const networks = cards.map((card) => {
      const ipv4 = { type: 'ipv4', ip_address: guestAddress(card), netmask: '255.255.255.0', routes: [] };
      return { id: card, link: card, ...ipv4 };
    });
    await writeFile(join(tree, 'meta_data.json'), JSON.stringify({ uuid, hostname: 'vif' }));
    await writeFile(join(tree, 'network_data.json'), JSON.stringify({ links, networks, services: [] }));
    await exec('genisoimage', ['-quiet', '-V', 'config-2', '-J', '-r', '-o', path, join(directory, 'drive')]);
    await chmod(path, 0o644);
  }

  function domainXml(drive: string, log: string): string {
    const interfaces = cards.map(
      (card) =>
        `<interface ${backends[card]}<mac address='${mac(card)}'/><model type='virtio'/>${plainFrames}</interface>`,
    );
    return `<domain type='qemu'><name>vif-${id}</name><uuid>${uuid}</uuid><memory unit='MiB'>128</memory><vcpu>1</vcpu>
      <os><type machine='pc'>hvm</type><kernel>${directory}/vmlinuz</kernel><initrd>${directory}/initramfs.img</initrd>
        <cmdline>console=ttyS0</cmdline></os>
      <features><acpi/><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features>
      <devices><disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='${drive}'/>
        <target dev='hdc' bus='ide'/></disk>${interfaces.join('')}
        <serial type='file'><source path='${log}'/></serial></devices></domain>`;
  }

  async function untilReady(log: string): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      if ((await readFile(log, 'utf8').catch(() => '')).includes('TINY-READY')) return;
      await systemClock.sleep(200);
    }
    throw new Error(`the guest is not ready: ${await readFile(log, 'utf8')}`);
  }

  async function answers(card: Card): Promise<string> {
    const url = `http://${guestAddress(card)}/`;
    return fetch(url, { signal: AbortSignal.timeout(5000) }).then(
      (response) => `HTTP ${response.status}`,
      (error: unknown) => String(error),
    );
  }

  test('answers on every kind of network, and leaves none of them behind', async () => {
    const before = await devices();
    try {
      await lay();
      for (const card of cards) {
        await checkVif(vifs[card], context);
        await plug(vifs[card], context);
      }
      await reach();
      const [drive, log] = [join(directory, 'drive.iso'), join(directory, 'console.log')];
      await makeDrive(drive);
      await conn.domains.createXml(domainXml(drive, log));
      await untilReady(log);
      await enableHairpin([tap('bridge'), tap('hybrid')], context);
      const reached = Object.fromEntries(
        await Promise.all(cards.map(async (card) => [card, await answers(card)] as const)),
      );
      expect(reached).toEqual(Object.fromEntries(cards.map((card) => [card, 'HTTP 200'])));
      // While the guest runs, plugging again disturbs nothing.
      for (const card of cards) await plug(vifs[card], context);
      for (const card of cards) expect([card, await answers(card)]).toEqual([card, 'HTTP 200']);
    } finally {
      await endDomain();
      for (const card of cards.toReversed()) await unplug(vifs[card], context);
      for (const card of cards.toReversed()) await unplug(vifs[card], context);
      await unlay();
    }
    expect(await devices()).toEqual(before);
    const { stdout } = await exec('ovs-vsctl', ['--timeout=10', 'show']);
    expect(stdout).not.toContain(id);
  });
});

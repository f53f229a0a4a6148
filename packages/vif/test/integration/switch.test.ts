import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Vif } from '@spawnkit/instance';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkVif, plug, unplug } from '../../src/plug.ts';
import type { VifContext } from '../../src/vif-type.ts';
import { aSwitchedVif, aVif, vifIds } from '../a-vif.ts';
import { arpFrame, sendFrames, udpFrame } from '../frames.ts';
import { namespaceObstacle, type NetworkNamespace, openNetworkNamespace } from '../network-namespace.ts';
import { openSwitch, type PrivateSwitch } from '../private-switch.ts';

if (namespaceObstacle) process.stderr.write(`skipped, Open vSwitch: ${namespaceObstacle}\n`);

const root = join(import.meta.dirname, '../../../..');
const netdev = { datapath_type: 'netdev' };
const guest = { mac: 'fa:16:3e:00:00:01', ip: '192.0.2.1' };
const frames = { packet: udpFrame(guest), question: arpFrame(guest) };
const owner = { uuid: '0f0e1d2c-3b4a-4958-8776-655443322110' };

describe.skipIf(namespaceObstacle)('Open vSwitch with its own datapath', () => {
  let host: NetworkNamespace;
  let ovs: PrivateSwitch;
  let locksPath: string;
  let context: VifContext;
  let before: Awaited<ReturnType<typeof state>>;

  // `show` prints ports in an order of its own.
  const state = async () => ({
    devices: await host.devices(),
    switch: (await ovs.vsctl('show')).split('\n').toSorted(),
  });

  beforeAll(async () => {
    execFileSync(join(root, 'tooling/setup/debian'), ['ovs', 'firewall'], { timeout: 600_000, stdio: 'ignore' });
    host = await openNetworkNamespace();
    ovs = await openSwitch(host);
    locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
    context = { exec: ovs.exec, conn: undefined as never /* libvirt has no part in it */, locksPath, owner };
  });
  afterAll(async () => {
    await ovs[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
    await rm(locksPath, { recursive: true });
  });
  beforeEach(async () => {
    before = await state();
  });

  /** A tap device, as libvirt makes it for a guest; with hybrid plugging, on the VIF's own bridge. */
  const libvirtMakes = async (tap: string, bridge?: string) => {
    await host.ip('tuntap', 'add', 'dev', tap, 'mode', 'tap');
    await host.ip('link', 'set', tap, ...(bridge ? ['master', bridge] : []), 'up');
  };
  const other = aSwitchedVif(netdev, { devname: 'tap-other', id: vifIds[1] });

  async function passesFrames(vif: Vif, tap: string, bridge?: string): Promise<void> {
    await plug(other, context);
    await libvirtMakes('tap-other');
    await libvirtMakes(tap, bridge);
    expect(await sendFrames(ovs.exec, { from: tap, to: 'tap-other', frames })).toEqual(Object.keys(frames));
    await host.ip('link', 'delete', tap);
    await unplug(vif, context);
    await host.ip('link', 'delete', 'tap-other');
    await unplug(other, context);
  }

  test('native: the port is told whose it is, and what its guest sends arrives', async () => {
    const vif = aSwitchedVif(netdev, { devname: 'tap-native' });
    await checkVif(vif, context);
    expect(await state()).toEqual(before);
    expect(await plug(vif, context)).toEqual([{ kind: 'ovs-port', name: 'tap-native' }]);
    const plugged = await state();
    await plug(vif, context);
    expect(await state()).toEqual(plugged);
    const ids = JSON.parse(
      await ovs.vsctl('--format=json', '--columns=external_ids', 'list', 'Interface', 'tap-native'),
    ) as {
      data: readonly (readonly unknown[])[];
    };
    const [, pairs] = (ids.data[0] ?? [])[0] as readonly ['map', [string, string][]];
    expect(Object.fromEntries(pairs)).toEqual({
      'attached-mac': vif.address,
      'iface-id': vif.id,
      'iface-status': 'active',
      'vm-uuid': owner.uuid,
    });
    await passesFrames(vif, 'tap-native');
    await unplug(vif, context);
    expect(await state()).toEqual(before);
  });

  test('hybrid: a bridge of its own in between, repaired where it is half-made', async () => {
    const vif = aSwitchedVif({ ...netdev, ovs_hybrid_plug: true }, { devname: 'tap-hybrid' });
    const [bridge, inner, outer] = ['qbr11111111-aa', 'qvb11111111-aa', 'qvo11111111-aa'];
    await plug(vif, context);
    const plugged = await state();
    expect(plugged.devices).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: bridge, kind: 'bridge', up: true }) as object,
        expect.objectContaining({ name: inner, kind: 'veth', up: true, master: bridge }) as object,
        expect.objectContaining({ name: outer, kind: 'veth', up: true }) as object,
      ]),
    );
    await host.ip('link', 'set', inner ?? '', 'nomaster');
    await ovs.vsctl('del-port', outer ?? '');
    await plug(vif, context);
    expect(await state()).toEqual(plugged);
    await host.ip('link', 'delete', outer ?? '');
    await plug(vif, context);
    await host.ip('link', 'delete', bridge ?? '');
    await plug(vif, context);
    expect((await state()).devices.map(({ name }) => name)).toEqual(plugged.devices.map(({ name }) => name));
    await passesFrames(vif, 'tap-hybrid', bridge);
    expect(await state()).toEqual(before);
  });

  test('a bridge that was there stays, with its kind', async () => {
    await ovs.vsctl('add-br', 'br-ovs', '--', 'set', 'Bridge', 'br-ovs', 'datapath_type=netdev');
    const vif = aSwitchedVif({}, { devname: 'tap-native' });
    await plug(vif, context);
    await unplug(vif, context);
    expect((await ovs.vsctl('get', 'Bridge', 'br-ovs', 'datapath_type')).trim()).toBe('netdev');
    expect((await ovs.vsctl('list-ports', 'br-ovs')).trim()).toBe('');
    await ovs.vsctl('del-br', 'br-ovs');
    expect(await state()).toEqual(before);
  });

  test('a port that another VIF has on another bridge is not taken away; one that this VIF had is', async () => {
    await ovs.vsctl('add-br', 'br-old', '--', 'set', 'Bridge', 'br-old', 'datapath_type=netdev');
    await ovs.vsctl('add-port', 'br-old', 'tap-native');
    const vif = aSwitchedVif(netdev, { devname: 'tap-native' });
    await expect(plug(vif, context)).rejects.toMatchObject({ code: 'DEVICE_CONFLICT', context: { bridge: 'br-old' } });
    await ovs.vsctl('set', 'Interface', 'tap-native', `external_ids:iface-id=${vif.id}`);
    await plug(vif, context);
    expect((await ovs.vsctl('port-to-br', 'tap-native')).trim()).toBe('br-ovs');
    await unplug(vif, context);
    await ovs.vsctl('del-br', 'br-old');
    expect(await state()).toEqual(before);
  });

  test('vhost-user: a port with the guest’s socket', async () => {
    const details = { vhostuser_ovs_plug: true, vhostuser_socket: '/run/vhu, "1"', vhostuser_mode: 'server' };
    const vif = aVif({ type: 'vhostuser', bridge: 'br-ovs', more: { details } });
    await plug(vif, context);
    await plug(vif, context);
    const port = ['Interface', 'vhu11111111-aa'] as const;
    expect((await ovs.vsctl('get', ...port, 'type')).trim()).toBe('dpdkvhostuserclient');
    expect((await ovs.vsctl('get', ...port, 'options:vhost-server-path')).trim()).toBe('"/run/vhu, \\"1\\""');
    await unplug(vif, context);
    await unplug(vif, context);
    expect(await state()).toEqual(before);
  });
});

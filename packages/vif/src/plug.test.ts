import type { Exec } from '@spawnkit/effects';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aCreatingVif, aVif } from '../test/a-vif.ts';
import { everyVif } from '../test/every-vif.ts';
import { checkDeviceName } from './device-name.ts';
import { planPlug, plug, unplug } from './plug.ts';

const exec: Exec = async (file, args) => {
  throw new Error(`nothing runs in these tests, but: ${file} ${args.join(' ')}`);
};
const context = { exec, conn: undefined as never /* nothing asks libvirt */, locksPath: '/nonexistent' };

test('planPlug says what plug would do', () => {
  expect(planPlug(aVif({ type: 'user' }))).toEqual(["use QEMU's user networking"]);
  expect(planPlug(aVif({ type: 'network', bridge: 'default' }))).toEqual(['use the libvirt network default']);
  expect(planPlug(aVif({}))).toEqual(['use the bridge br-test']);
  expect(planPlug(aCreatingVif({ meta: { bridge_interface: 'eth1', mtu: 1450 } }))).toEqual([
    'create the bridge br-test unless it exists',
    'make eth1 a port of br-test',
    'set the MTU of br-test to 1450',
  ]);
});

test('every kind of VIF has a plan', () => {
  const plans = Object.fromEntries(Object.entries(everyVif).map(([name, vif]) => [name, planPlug(vif)]));
  expect(plans).toMatchObject({
    'bridge over a VLAN': [
      'create vlan99 for VLAN 99 of eth0 unless it exists',
      'create the bridge br-test unless it exists',
      'make vlan99 a port of br-test',
    ],
    'bridge, not filtered elsewhere': [
      'create the bridge br-test unless it exists',
      'let iptables forward from and to br-test',
    ],
    'ovs native': ['make tap11111111-aa a port of br-ovs on Open vSwitch'],
    'ovs native, port by libvirt': ['use the bridge br-ovs of Open vSwitch'],
    'ovs hybrid': [
      'create the bridge qbr11111111-aa',
      'create the veth pair qvb11111111-aa and qvo11111111-aa, MTU 1500, with qvb11111111-aa a port of qbr11111111-aa',
      'make qvo11111111-aa a port of br-ovs on Open vSwitch',
    ],
    'vhost-user on ovs': ['make the dpdkvhostuserclient vhu11111111-aa a port of br-ovs on Open vSwitch'],
    tap: ['create the tap device tap11111111-aa with an MTU of 1300'],
    'hw_veb macvtap': ['give 0000:05:01.2 the address fa:16:3e:00:00:01 and VLAN 100'],
    InfiniBand: ['run ebrctl add-port fa:16:3e:00:00:01 INSTANCE fabric ib_hostdev 0000:05:01.2'],
  });
  expect(Object.values(plans).every((plan) => plan.length > 0)).toBe(true);
});

const nothingToDo = [
  aVif({ type: 'hostdev_physical', more: { profile: { pci_slot: '0000:05:01.2' } } }),
  aVif({ type: '802.1qbg' }),
  aVif({ type: '802.1qbh', more: { profile: { pci_slot: '0000:05:01.2' } } }),
  aVif({ type: 'vhostuser', more: { details: { vhostuser_socket: '/run/vhu', vhostuser_mode: 'client' } } }),
  aVif({ type: 'ovs', more: { vnic_type: 'remote-managed' } }),
  aVif({ type: 'user' }),
];

test.each(nothingToDo.map((vif) => [vif.type, vif] as const))('%s needs no command', async (_, vif) => {
  expect(planPlug(vif)).toHaveLength(1);
  expect(await plug(vif, context)).toEqual([]);
  await unplug(vif, context);
});

test('a bridge of a multi-host network is not made here, as in os-vif', () => {
  expect(planPlug(aCreatingVif({ meta: { multi_host: true } }))).toEqual(['use the bridge br-test']);
});

const refused = [
  ['no type', aVif({ type: null }), 'VIF_TYPE_UNSUPPORTED'],
  ['another type', aVif({ type: 'unbound' }), 'VIF_TYPE_UNSUPPORTED'],
  ['a switch with a plugin of its own', aVif({ type: 'vrouter' }), 'VIF_TYPE_UNSUPPORTED'],
  ['a type that is a property of every object', aVif({ type: 'constructor' }), 'VIF_TYPE_UNSUPPORTED'],
  ['a VLAN of no device', aCreatingVif({ meta: { should_create_vlan: true, vlan: 7 } }), 'VIF_INVALID'],
  [
    'a VLAN without number',
    aCreatingVif({ meta: { should_create_vlan: true, bridge_interface: 'eth1' } }),
    'VIF_INVALID',
  ],
  [
    'a VLAN that is none',
    aCreatingVif({ meta: { should_create_vlan: true, vlan: 4095, bridge_interface: 'eth1' } }),
    'VIF_INVALID',
  ],
  ['a tap with a wrong address', aVif({ type: 'tap', more: { details: { mac_address: 'fa:16' } } }), 'VIF_INVALID'],
  ['a tap with an option for a name', aVif({ type: 'tap', more: { devname: '-all' } }), 'VIF_INVALID'],
  ['a switch without bridge', aVif({ type: 'ovs', bridge: null }), 'VIF_INVALID'],
  ['vhost-user without socket', aVif({ type: 'vhostuser' }), 'VIF_INVALID'],
  ['a function without address', aVif({ type: 'hw_veb', more: { vnic_type: 'direct' } }), 'VIF_INVALID'],
  [
    'a function without VLAN',
    aVif({ type: 'hw_veb', more: { vnic_type: 'macvtap', profile: { pci_slot: '0000:05:01.2' } } }),
    'VIF_INVALID',
  ],
  [
    'a function that is a path',
    aVif({ type: 'hw_veb', more: { vnic_type: 'direct', profile: { pci_slot: '../../0000:05:01.2' } } }),
    'VIF_INVALID',
  ],
  [
    'a macvtap VLAN of no device',
    aVif({ type: 'macvtap', more: { details: { vlan: 7, macvtap_source: 'eth0.7' } } }),
    'VIF_INVALID',
  ],
  ['no bridge', aVif({ bridge: null }), 'VIF_INVALID'],
  ['an option for a name', aVif({ bridge: '-batch' }), 'VIF_INVALID'],
  ['a path for a name', aVif({ bridge: '../br0' }), 'VIF_INVALID'],
  ['a name too long for Linux', aVif({ bridge: 'x'.repeat(16) }), 'VIF_INVALID'],
  ['a name too long for Linux in bytes', aVif({ bridge: 'ä'.repeat(8) }), 'VIF_INVALID'],
  ['an uplink that is no name', aCreatingVif({ meta: { bridge_interface: 7 } }), 'VIF_INVALID'],
  ['an uplink with a blank', aCreatingVif({ meta: { bridge_interface: 'eth 0' } }), 'VIF_INVALID'],
  ['an MTU that is text', aCreatingVif({ meta: { mtu: '1500' } }), 'VIF_INVALID'],
  ['an MTU below what the kernel takes', aCreatingVif({ meta: { mtu: 67 } }), 'VIF_INVALID'],
  ['an MTU above', aCreatingVif({ meta: { mtu: 65_536 } }), 'VIF_INVALID'],
  ['an id that is no name', aCreatingVif({ id: 'a b' }), 'VIF_INVALID'],
  ['no libvirt network', aVif({ type: 'network', bridge: null }), 'VIF_INVALID'],
] as const;

test.each(refused)('%s is refused by plan and plug alike, and unplug has nothing to do', async (_, vif, code) => {
  expect(() => planPlug(vif)).toThrow(expect.objectContaining({ name: 'VifError', code }));
  await expect(plug(vif, context)).rejects.toMatchObject({ code });
  await unplug(vif, context);
});

test('checkDeviceName takes whatever Linux takes, and nothing that ip would take for something else', () => {
  const vif = aVif({});
  const reads = (name: string) => {
    try {
      return checkDeviceName(vif, 'the bridge', name) === name;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(fc.string({ maxLength: 20, unit: 'grapheme' }), (name) => {
      const taken = /^[^-\s/:][^\s/:]*$/.test(name) && Buffer.byteLength(name) < 16 && !/^\.\.?$/.test(name);
      // oxlint-disable-next-line no-control-regex -- what is refused
      return reads(name) === (taken && !/[\u0000-\u001F\u007F]/.test(name));
    }),
  );
  expect(['br0', 'eth0.100', 'br_über', 'a'.repeat(15)].map(reads)).toEqual([true, true, true, true]);
});

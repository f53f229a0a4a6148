import type { Exec } from '@spawnkit/effects';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aCreatingVif, aVif } from '../test/a-vif.ts';
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

test('a bridge of a multi-host network is not made here, as in os-vif', () => {
  expect(planPlug(aCreatingVif({ meta: { multi_host: true } }))).toEqual(['use the bridge br-test']);
});

const refused = [
  ['no type', aVif({ type: null }), 'VIF_TYPE_UNSUPPORTED'],
  ['another type', aVif({ type: 'ovs' }), 'VIF_TYPE_UNSUPPORTED'],
  ['a type that is a property of every object', aVif({ type: 'constructor' }), 'VIF_TYPE_UNSUPPORTED'],
  ['a bridge over a VLAN', aCreatingVif({ meta: { should_create_vlan: true, vlan: 7 } }), 'VIF_TYPE_UNSUPPORTED'],
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

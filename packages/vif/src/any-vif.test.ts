import { EffectsError } from '@spawnkit/effects';
import { parseNetworkInfo } from '@spawnkit/instance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aVif } from '../test/a-vif.ts';
import { modelHost } from '../test/model/model-host.ts';
import { convertVif } from './os-vif/convert-vif.ts';
import { mapOf, members, rows } from './ovs/ovs-vsctl.ts';
import { planPlug } from './plug.ts';
import { portDeviceName, prefixedName } from './vif-name.ts';
import { readVlanId } from './vlan/vlan-request.ts';

const types = ['bridge', 'ovs', 'agilio_ovs', 'vhostuser', 'ivs', 'vrouter', 'tap', 'macvtap', 'hw_veb', 'unbound'];
const value = fc.oneof(
  fc.boolean(),
  fc.constantFrom('true', 7, '7', null, '/run/sock', 'netdev', 'client'),
  fc.string(),
);
const anyVif = fc.record({
  id: fc.uuid(),
  address: fc.constant('fa:16:3e:00:00:01'),
  type: fc.constantFrom(...types, null),
  vnic_type: fc.constantFrom('normal', 'direct', 'macvtap', 'vdpa', 'virtio-forwarder', 'remote-managed'),
  devname: fc.option(fc.string()),
  delegate_create: fc.boolean(),
  profile: fc.record({ pci_slot: fc.constantFrom('0000:05:01.2', 'x'), trusted: value }, { requiredKeys: [] }),
  details: fc.dictionary(
    fc.constantFrom(
      'ovs_hybrid_plug',
      'vhostuser_fp_plug',
      'vhostuser_ovs_plug',
      'vhostuser_socket',
      'vlan',
      'port_filter',
    ),
    value,
  ),
  network: fc.record({
    bridge: fc.option(fc.string()),
    meta: fc.dictionary(
      fc.constantFrom('mtu', 'should_create_bridge', 'should_create_vlan', 'vlan', 'bridge_interface'),
      value,
    ),
  }),
});

test('any VIF is planned and converted, or refused with a code; the same each time', () => {
  const outcome = (run: () => unknown) => {
    try {
      return run();
    } catch (error) {
      expect(error).toMatchObject({ name: 'VifError', code: expect.stringMatching(/^VIF_/) as string });
      return String(error);
    }
  };
  fc.assert(
    fc.property(anyVif, (recorded) => {
      const [vif] = parseNetworkInfo([recorded]);
      if (!vif) return;
      for (const run of [() => planPlug(vif), () => convertVif(vif)]) expect(outcome(run)).toEqual(outcome(run));
    }),
  );
});

test('names made from a port fit Linux, and tell two ports apart by their first eleven characters', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), (one, other) => {
      const [a, b] = [prefixedName('qbr', { id: one }), prefixedName('qbr', { id: other })];
      expect(a).toHaveLength(14);
      expect(a === b).toBe(one.slice(0, 11) === other.slice(0, 11));
      expect(portDeviceName('qvo', aVif({ id: one }))).toBe(`qvo${one.slice(0, 11)}`);
    }),
  );
});

test('readVlanId takes numbers and text from 1 to 4094, 0 as none, and nothing else', () => {
  const vif = aVif({});
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 5000 }), (id) => {
      const read = (given: unknown) => {
        try {
          return readVlanId(vif, given);
        } catch {
          return 'refused';
        }
      };
      const expected = id < 0 || id > 4094 ? 'refused' : id || undefined;
      expect([read(id), read(String(id))]).toEqual([expected, expected]);
    }),
  );
  for (const given of [1.5, true, {}, '7 ', 'seven']) expect(() => readVlanId(vif, given)).toThrow(/is no VLAN/);
  for (const none of [undefined, null, '', 0, '0']) expect(readVlanId(vif, none)).toBeUndefined();
});

test('texts of Open vSwitch are values, whatever is in them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      const host = modelHost();
      await host.exec('ovs-vsctl', [
        'add-br',
        'br0',
        '--',
        'set',
        'Bridge',
        'br0',
        `external_ids:key=${JSON.stringify(text)}`,
      ]);
      const [row] = await rows(host, 'Bridge', { columns: ['external_ids', 'ports'], name: 'br0' });
      expect(mapOf(row?.['external_ids'])).toEqual({ key: text });
      expect(members(row?.['ports'])).toEqual([['uuid', 'br0']]);
    }),
  );
});

test.each([
  [new EffectsError('EXEC_NOT_FOUND', 'ovs-vsctl is not installed', {})],
  [
    new EffectsError('EXEC_FAILED', 'no', {
      stderr: 'ovs-vsctl: unix:/run/db.sock: database connection failed (No such file)',
    }),
  ],
])('Open vSwitch that does not answer has a code and a fix', async (cause) => {
  const exec = () => Promise.reject(cause);
  await expect(rows({ exec }, 'Bridge', { columns: ['name'] })).rejects.toMatchObject({
    code: 'SWITCH_UNAVAILABLE',
    cause,
    fix: expect.stringContaining('openvswitch-switch') as string,
  });
});

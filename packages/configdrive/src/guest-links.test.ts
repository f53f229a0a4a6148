import { parseNetworkInfo } from '@spawnkit/instance';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { aRequest } from '../test/a-request.ts';
import type { BondLink, GuestLinks, VlanLink } from './guest-links.ts';
import { networkData } from './network-data.ts';
import { noCloudFiles } from './no-cloud-files.ts';

const subnets = [
  { cidr: '192.0.2.0/24', version: 4, gateway: { address: '192.0.2.1' }, ips: [{ address: '192.0.2.9' }] },
];
const networkInfo = parseNetworkInfo([
  { id: 'one', address: 'fa:16:3e:00:00:01', type: 'ovs', network: { id: 'lan' } },
  { id: 'two', address: 'fa:16:3e:00:00:02', type: 'ovs', network: { id: 'lan' } },
  { id: 'three', address: 'fa:16:3e:00:00:03', type: 'ovs', network: { id: 'left out' } },
  { id: 'four', address: 'fa:16:3e:00:00:04', type: 'ovs', network: { id: 'net', subnets, meta: { mtu: 1450 } } },
]);
const network = networkInfo[3]?.network;
const bond: BondLink = {
  id: 'bond0',
  vifs: ['one', 'two'],
  mode: '802.3ad',
  monitorMs: 100,
  transmitHashPolicy: 'layer3+4',
};
const vlan: VlanLink = { id: 'storage', carrier: 'bond0', vlan: 101, macAddress: 'fa:16:3e:00:00:99', network };
const links: GuestLinks = { bonds: [bond], vlans: [vlan, { id: 'other', carrier: 'four', vlan: 1 }] };

test('networkData describes bonds and VLANs as the format has them', () => {
  expect(networkData(networkInfo, links)).toEqual({
    links: [
      { id: 'interface0', vif_id: 'one', type: 'ovs', mtu: null, ethernet_mac_address: 'fa:16:3e:00:00:01' },
      { id: 'interface1', vif_id: 'two', type: 'ovs', mtu: null, ethernet_mac_address: 'fa:16:3e:00:00:02' },
      { id: 'interface2', vif_id: 'four', type: 'ovs', mtu: 1450, ethernet_mac_address: 'fa:16:3e:00:00:04' },
      {
        id: 'bond0',
        type: 'bond',
        mtu: null,
        ethernet_mac_address: 'fa:16:3e:00:00:01',
        bond_links: ['interface0', 'interface1'],
        bond_mode: '802.3ad',
        bond_miimon: 100,
        bond_xmit_hash_policy: 'layer3+4',
      },
      {
        id: 'storage',
        type: 'vlan',
        mtu: 1450,
        vlan_mac_address: 'fa:16:3e:00:00:99',
        vlan_id: 101,
        vlan_link: 'bond0',
      },
      {
        id: 'other',
        type: 'vlan',
        mtu: null,
        vlan_mac_address: 'fa:16:3e:00:00:04',
        vlan_id: 1,
        vlan_link: 'interface2',
      },
    ],
    networks: [
      expect.objectContaining({ id: 'network0', link: 'interface2', ip_address: '192.0.2.9' }),
      expect.objectContaining({ id: 'network1', link: 'storage', ip_address: '192.0.2.9' }),
    ],
    services: [],
  });
});

test('noCloudFiles describes the same bonds and VLANs', () => {
  const file = noCloudFiles(aRequest({ networkInfo, links })).find(({ path }) => path === 'network-config');
  const fixed = { addresses: ['192.0.2.9/24'], routes: [{ to: '0.0.0.0/0', via: '192.0.2.1' }], mtu: 1450 };
  expect(parse(Buffer.from(file?.content ?? []).toString())).toEqual({
    version: 2,
    ethernets: {
      interface0: { match: { macaddress: 'fa:16:3e:00:00:01' }, 'set-name': 'interface0' },
      interface1: { match: { macaddress: 'fa:16:3e:00:00:02' }, 'set-name': 'interface1' },
      interface2: { match: { macaddress: 'fa:16:3e:00:00:04' }, 'set-name': 'interface2', ...fixed },
    },
    bonds: {
      bond0: {
        interfaces: ['interface0', 'interface1'],
        macaddress: 'fa:16:3e:00:00:01',
        parameters: { mode: '802.3ad', 'mii-monitor-interval': 100, 'transmit-hash-policy': 'layer3+4' },
      },
    },
    vlans: {
      storage: { id: 101, link: 'bond0', macaddress: 'fa:16:3e:00:00:99', ...fixed },
      other: { id: 1, link: 'interface2', macaddress: 'fa:16:3e:00:00:04' },
    },
  });
});

test.each<[string, GuestLinks]>([
  ['a mode that bonding does not have', { bonds: [{ ...bond, mode: 'fastest' as never }] }],
  ['a bond of nothing', { bonds: [{ ...bond, vifs: [] }] }],
  ['a bond of an unknown VIF', { bonds: [{ ...bond, vifs: ['one', 'five'] }] }],
  ['half a millisecond', { bonds: [{ ...bond, monitorMs: 0.5 }] }],
  ['VLAN 0', { vlans: [{ ...vlan, carrier: 'one', vlan: 0 }] }],
  ['VLAN 4095', { vlans: [{ ...vlan, carrier: 'one', vlan: 4095 }] }],
  ['a VLAN on nothing', { vlans: [{ ...vlan, carrier: 'bond1' }] }],
  ['a MAC address of letters', { vlans: [{ ...vlan, carrier: 'one', macAddress: 'x' }] }],
  ['an id with a blank', { bonds: [{ ...bond, id: 'bond 0' }] }],
  ['an id of two links', { bonds: [bond, { ...bond, vifs: ['four'] }] }],
])('networkData refuses %s', (_, wrong) => {
  expect(() => networkData(networkInfo, wrong)).toThrow(expect.objectContaining({ code: 'INVALID_NETWORK' }));
});

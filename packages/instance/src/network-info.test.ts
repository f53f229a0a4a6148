import { expect, test } from 'vitest';
import { parseNetworkInfo } from './network-info.ts';

const vif = {
  id: 'dc065497-3c8d-4f44-8fb4-e1d33c16a501',
  address: 'fa:16:3e:aa:bb:01',
  network: {
    id: '3cb9bc59-5699-4588-a4b1-b87f96708bc1',
    bridge: 'br0',
    subnets: [
      {
        cidr: '192.168.1.0/24',
        version: 4,
        gateway: { address: null, version: null },
        ips: [{ address: '192.168.1.10', version: 4, floating_ips: [{ address: '203.0.113.5' }] }],
        meta: { dhcp_server: '192.168.1.2' },
      },
    ],
    meta: { should_create_bridge: true, mtu: null },
  },
  type: 'bridge',
  details: { port_filter: true },
  active: false,
};

test('parseNetworkInfo keeps the key names of meta, details and profile, which belong to their consumers', () => {
  const [read] = parseNetworkInfo([vif]);
  expect(read?.network.meta).toEqual({ should_create_bridge: true, mtu: null });
  expect(read?.details).toEqual({ port_filter: true });
  expect(read?.network.subnets[0]?.ips[0]?.floatingIps).toEqual([{ address: '203.0.113.5' }]);
  expect(read).toMatchObject({ vnicType: 'normal', active: false });
});

test('parseNetworkInfo takes null for no network and refuses a broken MAC with its place', () => {
  expect(parseNetworkInfo(null)).toEqual([]);
  expect(() => parseNetworkInfo([{ ...vif, address: 'fa:16' }])).toThrow(/0\.address: expected a MAC address/);
});

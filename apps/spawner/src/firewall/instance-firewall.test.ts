import { expect, test } from 'vitest';
import { requestFromSpec } from '../request/request.ts';
import { parseSpec } from '../spec/read-spec.ts';
import { networkFiltersOf, withFirewall } from './instance-firewall.ts';
import type { FirewallSettings } from './firewall-settings.ts';

const networks = 'networks: [{ network: default }, { bridge: br0, filter: false }, { user: true }]\n';
const filtered = 'networks: [{ network: default, filter: true }, { bridge: br0 }]\n';
const decided = (text: string, settings: FirewallSettings = {}) =>
  withFirewall(requestFromSpec({ spec: parseSpec(`name: web\nimage: a\n${text}`), directory: '/' }), settings);
const bridgesOf = ({ firewall }: ReturnType<typeof decided>) =>
  firewall?.request.networkInfo.map(({ network }) => network.bridge);

test('nobody is filtered unless the host or the specification says so', () => {
  expect(decided(networks).firewall).toBeUndefined();
  expect(networkFiltersOf(decided(networks)).size).toBe(0);
});

test('a host that filters does so wherever it can, but for networks that want none', () => {
  const request = decided(networks, { firewallDriver: 'iptables', useIpv6: true });
  expect(request.firewall).toMatchObject({ driver: 'iptables', request: { useIpv6: true, rules: [] } });
  expect(bridgesOf(request)).toEqual(['default']);
  expect([...networkFiltersOf(request).values()]).toEqual([
    `nova-instance-web-${request.networkInfo[0]?.address.replaceAll(':', '')}`,
  ]);
});

test('a network that asks is filtered alone, against spoofing', () => {
  expect(decided(filtered).firewall?.driver).toBe('nwfilter');
  expect(bridgesOf(decided(filtered))).toEqual(['default']);
});

test('rules are for all networks, and what they do not let in is dropped', () => {
  const request = decided(
    "securityGroups: [{ protocol: tcp, ports: 22 }, { protocol: udp, ports: '8000-8100', from: 192.0.2.0/24 }, {}]\nnetworks: [{ bridge: br0 }]\n",
  );
  expect(request.firewall).toMatchObject({
    driver: 'iptables',
    request: {
      allowSameNetTraffic: true,
      rules: [
        { cidr: '0.0.0.0/0', protocol: 'tcp', fromPort: 22, toPort: 22 },
        { cidr: '192.0.2.0/24', protocol: 'udp', fromPort: 8000, toPort: 8100 },
        { cidr: '0.0.0.0/0' },
      ],
    },
  });
});

test('what cannot be filtered is not promised to be', () => {
  expect(() => decided('networks: [{ macvtap: eth0, filter: true }]\n')).toThrow(/cannot be filtered/);
});

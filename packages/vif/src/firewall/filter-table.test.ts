import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aVif } from '../../test/a-vif.ts';
import { emptyTable, type FilterTable, restored, savedText } from '../../test/model/model-iptables.ts';
import { filterRemoval, filterUpdate, forwardRemoval, forwardUpdate } from './filter-table.ts';
import type { FirewallRequest } from './firewall-request.ts';
import { instanceChain, instanceChains } from './instance-chains.ts';

function aRequest(chain: string, address: string, more: Partial<FirewallRequest> = {}): FirewallRequest {
  const subnets = [
    { cidr: '192.0.2.0/24', version: 4, ips: [{ address }], meta: { dhcp_server: '192.0.2.2' } },
    { cidr: '2001:db8::/64', version: 6, ips: [{ address: '2001:db8::7' }], gateway: { address: '2001:db8::1' } },
  ];
  const vif = aVif({ more: { network: { bridge: 'br-test', subnets } } });
  const rules = [{ cidr: '0.0.0.0/0', protocol: 'tcp', fromPort: 22, toPort: 22 }];
  const flags = { useIpv6: true, allowSameNetTraffic: true };
  return { instanceName: `instance-${chain}`, chain, networkInfo: [vif], rules, ...flags, ...more };
}

function filtered(table: FilterTable, request: FirewallRequest): FilterTable {
  return restored(table, filterUpdate(savedText(table), instanceChain(request.chain), instanceChains(request).v4));
}

function unfiltered(table: FilterTable, chain: string): FilterTable {
  const input = filterRemoval(savedText(table), instanceChain(chain));
  return input === undefined ? table : restored(table, input);
}

test('an instance gets its chain, reached by its addresses before all that others say', () => {
  const before = emptyTable();
  before.get('FORWARD')?.push('-j DROP');
  const table = filtered(before, aRequest('1', '192.0.2.7'));
  expect(Object.fromEntries(table)).toEqual({
    INPUT: ['-j spawnkit-INPUT'],
    FORWARD: ['-j spawnkit-local', '-j spawnkit-FORWARD', '-j DROP'],
    OUTPUT: ['-j spawnkit-local'],
    'spawnkit-sg-fallback': ['-j DROP'],
    'spawnkit-provider': [],
    'spawnkit-local': ['-d 192.0.2.7 -j spawnkit-inst-1'],
    'spawnkit-INPUT': ['-s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 -j ACCEPT'],
    'spawnkit-FORWARD': ['-s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 -j ACCEPT'],
    'spawnkit-inst-1': [
      '-m state --state INVALID -j DROP',
      '-m state --state ESTABLISHED,RELATED -j ACCEPT',
      '-j spawnkit-provider',
      '-s 192.0.2.2 -p udp --sport 67 --dport 68 -j ACCEPT',
      '-s 192.0.2.0/24 -j ACCEPT',
      '-j ACCEPT -p tcp --dport 22 -s 0.0.0.0/0',
      '-j spawnkit-sg-fallback',
    ],
  });
  expect(unfiltered(table, '1')).toEqual(before);
});

test('rules for all instances are kept, and keep the rest', () => {
  const table = filtered(emptyTable(), aRequest('1', '192.0.2.7'));
  table.get('spawnkit-provider')?.push('-s 198.51.100.0/24 -j DROP');
  const again = filtered(table, aRequest('1', '192.0.2.8'));
  expect(again.get('spawnkit-provider')).toEqual(['-s 198.51.100.0/24 -j DROP']);
  expect(again.get('spawnkit-local')).toEqual(['-d 192.0.2.8 -j spawnkit-inst-1']);
  const left = unfiltered(again, '1');
  expect(left.get('spawnkit-provider')).toEqual(['-s 198.51.100.0/24 -j DROP']);
  expect(left.has('spawnkit-inst-1')).toBe(false);
});

test('a bridge that forwards keeps its rules without instances, and its end is the end of all', () => {
  const rules = ['-i br0 -j ACCEPT', '-o br0 -j ACCEPT'];
  const empty = emptyTable();
  const forwarding = restored(empty, forwardUpdate(savedText(empty), rules) ?? '');
  expect(forwardUpdate(savedText(forwarding), rules)).toBeUndefined();
  const both = filtered(forwarding, aRequest('1', '192.0.2.7'));
  expect(both.get('spawnkit-FORWARD')).toEqual([...rules, expect.stringContaining('--dport 67') as string]);
  const bridge = unfiltered(both, '1');
  expect(bridge.get('spawnkit-FORWARD')).toEqual(rules);
  expect(restored(bridge, forwardRemoval(savedText(bridge), rules) ?? '')).toEqual(empty);
  expect(forwardRemoval(savedText(empty), rules)).toBeUndefined();
});

const key = fc.stringMatching(/^[A-Za-z0-9]{1,14}$/);
const act = fc.record({ add: fc.boolean(), key, host: fc.integer({ min: 1, max: 254 }) });

test('whatever comes and goes, in any order and twice, each instance has just its own rules, and the end is the beginning', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
      let table = emptyTable();
      const present = new Map<string, string>();
      for (const { add, key: chain, host } of acts) {
        const address = `192.0.2.${host}`;
        const step = (one: FilterTable) => (add ? filtered(one, aRequest(chain, address)) : unfiltered(one, chain));
        table = step(table);
        expect(step(table)).toEqual(table);
        if (add) present.set(chain, address);
        else present.delete(chain);
        const jumps = [...present].map(([one, to]) => `-d ${to} -j spawnkit-inst-${one}`);
        expect((table.get('spawnkit-local') ?? []).toSorted()).toEqual(jumps.toSorted());
        expect([...table.keys()].filter((name) => name.includes('inst-'))).toHaveLength(present.size);
      }
      for (const chain of present.keys()) table = unfiltered(table, chain);
      expect(table).toEqual(emptyTable());
    }),
  );
});

const anything = fc.oneof(
  fc.string(),
  fc.constantFrom('tcp', '10.0.0.0/8\n-A INPUT -j ACCEPT', '::/0', '1.2.3.4', 'icmp'),
);
const anyRule = fc.record({
  cidr: fc.option(anything, { nil: undefined }),
  granteeAddresses: fc.option(fc.array(anything, { maxLength: 2 }), { nil: undefined }),
  protocol: fc.option(anything, { nil: undefined }),
  fromPort: fc.option(fc.integer({ min: -2, max: 70_000 }), { nil: undefined }),
  toPort: fc.option(fc.integer({ min: -2, max: 70_000 }), { nil: undefined }),
});

test('a rule is refused, or becomes single lines of words that cannot be anything else', () => {
  fc.assert(
    fc.property(anyRule, (rule) => {
      try {
        const { v4, v6 } = instanceChains(aRequest('1', '192.0.2.7', { rules: [rule] }));
        for (const text of [...Object.values(v4), ...Object.values(v6)].flat()) {
          expect(text).toMatch(/^-[\w$ .:,/-]+$/);
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'RULE_INVALID' });
      }
    }),
  );
});

test.each([
  ['ports in the wrong order', { cidr: '0.0.0.0/0', protocol: 'tcp', fromPort: 2, toPort: 1 }],
  ['a port too high', { cidr: '0.0.0.0/0', protocol: 'udp', fromPort: 1, toPort: 65_536 }],
  ['no ports', { cidr: '0.0.0.0/0', protocol: 'tcp' }],
  ['a range that is none', { cidr: '0.0.0.0/33' }],
  ['another line', { cidr: '0.0.0.0/0', protocol: 'tcp\n-A INPUT' }],
])('%s is refused', (_, rule) => {
  expect(() => instanceChains(aRequest('1', '192.0.2.7', { rules: [rule] }))).toThrow(
    expect.objectContaining({ name: 'VifError', code: 'RULE_INVALID' }),
  );
});

test('members of a group are let in one by one, each by the version of its address', () => {
  const rules = [{ granteeAddresses: ['192.0.2.9', '2001:db8::9'], protocol: 'TCP', fromPort: 80, toPort: 90 }];
  const { v4, v6 } = instanceChains(aRequest('1', '192.0.2.7', { rules, allowSameNetTraffic: false }));
  expect(v4['inst-1']).toContain('-j ACCEPT -p tcp -m multiport --dports 80:90 -s 192.0.2.9');
  expect(v6['inst-1']).toContain('-j ACCEPT -p tcp -m multiport --dports 80:90 -s 2001:db8::9');
});

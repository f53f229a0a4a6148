import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@spawnkit/effects';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type FirewallContext, iptablesFirewall } from '../../src/firewall/firewall.ts';
import type { FirewallRequest } from '../../src/firewall/firewall-request.ts';
import { instanceChain } from '../../src/firewall/instance-chains.ts';
import { filterInstance, unfilterInstance } from '../../src/firewall/iptables.ts';
import { plug, unplug } from '../../src/plug.ts';
import { aVif } from '../a-vif.ts';
import { namespaceObstacle, type NetworkNamespace, openNetworkNamespace } from '../network-namespace.ts';
import { savedRules } from '../saved-rules.ts';
import { ask, endGreeting, greet } from '../tcp-greeting.ts';

if (namespaceObstacle) process.stderr.write(`skipped, security groups: ${namespaceObstacle}\n`);

const root = join(import.meta.dirname, '../../../..');
const address = { v4: '192.0.2.10', v6: '2001:db8::10' };

describe.skipIf(namespaceObstacle)('security groups by iptables', () => {
  let host: NetworkNamespace;
  let guest: NetworkNamespace;
  let stranger: NetworkNamespace;
  let serving: ChildProcess | undefined;
  let context: FirewallContext;
  let locksPath: string;

  beforeAll(async () => {
    execFileSync(join(root, 'tooling/setup/debian'), ['firewall'], { timeout: 600_000, stdio: 'ignore' });
    [host, guest, stranger] = await Promise.all([
      openNetworkNamespace(),
      openNetworkNamespace(),
      openNetworkNamespace(),
    ]);
    await connect(guest, 'to-guest', ['192.0.2.1/24', '2001:db8::1/64'], ['192.0.2.10/24', '2001:db8::10/64']);
    await connect(
      stranger,
      'to-other',
      ['198.51.100.1/24', '2001:db8:1::1/64'],
      ['198.51.100.9/24', '2001:db8:1::9/64'],
    );
    for (const key of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding']) {
      await host.exec('tee', [`/proc/sys/net/${key}`], { input: '1' });
    }
    locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
    const conn = undefined as never; /* iptables is no matter of libvirt's */
    context = { exec: host.exec, conn, clock: systemClock, locksPath };
    serving = await greet(guest.name, '::', [80, 81]);
    // A cable that was just plugged in loses what comes first, above all the questions of IPv6 for its neighbours.
    for (const to of Object.values(address)) {
      await vi.waitFor(async () => expect(await asks(stranger, to, 80)).toBe('hello'), { timeout: 20_000 });
    }
  }, 630_000);
  afterAll(async () => {
    await endGreeting(serving);
    for (const one of [host, guest, stranger]) await one[Symbol.asyncDispose]();
    await rm(locksPath, { recursive: true });
  });

  /** A cable between a namespace and the host, which is its router. */
  async function connect(other: NetworkNamespace, device: string, ours: readonly string[], theirs: readonly string[]) {
    await host.ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', other.name);
    await other.ip('link', 'set', 'lo', 'up');
    for (const [place, name, addresses] of [
      [host, device, ours],
      [other, 'eth0', theirs],
    ] as const) {
      await place.ip('link', 'set', name, 'up');
      for (const one of addresses)
        await place.ip('address', 'add', one, 'dev', name, ...(one.includes('::') ? ['nodad'] : []));
    }
    for (const one of ours) await other.ip('route', 'add', 'default', 'via', one.split('/')[0] ?? '');
  }

  const asks = ({ exec }: NetworkNamespace, to: string, port: number) => ask(exec, to, port);

  const request: FirewallRequest = {
    instanceName: 'web',
    chain: '0f0e1d2c3b4a49',
    networkInfo: [
      aVif({
        more: {
          network: {
            bridge: 'br-test',
            subnets: [
              { cidr: '192.0.2.0/24', version: 4, ips: [{ address: address.v4 }], meta: { dhcp_server: '192.0.2.2' } },
              {
                cidr: '2001:db8::/64',
                version: 6,
                ips: [{ address: address.v6 }],
                gateway: { address: '2001:db8::1' },
              },
            ],
          },
        },
      }),
    ],
    rules: [
      { cidr: '0.0.0.0/0', protocol: 'tcp', fromPort: 80, toPort: 80 },
      { cidr: '::/0', protocol: 'tcp', fromPort: 80, toPort: 80 },
      { cidr: '10.0.0.0/8', protocol: 'udp', fromPort: 1000, toPort: 2000 },
      { cidr: '0.0.0.0/0', protocol: 'icmp', fromPort: 8, toPort: 0 },
      { cidr: '2001:db8::/32', protocol: 'icmp', fromPort: 128, toPort: -1 },
    ],
    useIpv6: true,
    allowSameNetTraffic: false,
  };
  const rules = async () => (await savedRules(host.exec, 'iptables')) + (await savedRules(host.exec, 'ip6tables'));

  test('an allowed port answers and another does not, from outside and from the host; without rules both do', async () => {
    await host.exec('iptables', ['-A', 'FORWARD', '-s', '203.0.113.0/24', '-j', 'DROP']);
    await host.exec('ip6tables', ['-L', '-n']);
    const before = await rules();
    for (const to of Object.values(address)) {
      expect([await asks(stranger, to, 80), await asks(stranger, to, 81)]).toEqual(['hello', 'hello']);
    }
    await iptablesFirewall.prepareInstanceFilter(request, context);
    const filtered = await rules();
    await iptablesFirewall.prepareInstanceFilter(request, context);
    expect(await rules()).toBe(filtered);
    for (const to of Object.values(address)) {
      for (const place of [stranger, host]) {
        expect([await asks(place, to, 80), await asks(place, to, 81)]).toEqual(['hello', 'silence']);
      }
    }
    // What the guest begins is answered.
    const listening = await greet(stranger.name, '::', [81]);
    expect(await asks(guest, '198.51.100.9', 81)).toBe('hello');
    await endGreeting(listening);
    await unfilterInstance(request, context);
    await unfilterInstance(request, context);
    expect(await rules()).toBe(before);
    expect(await asks(stranger, address.v4, 81)).toBe('hello');
  });

  test('a rule that iptables refuses changes nothing', async () => {
    const before = await rules();
    const wrong = { ...request, rules: [{ cidr: '0.0.0.0/0', protocol: 'no-such-protocol' }] };
    await expect(filterInstance(wrong, context)).rejects.toMatchObject({ code: 'EXEC_FAILED' });
    expect(await rules()).toBe(before);
  });

  test('two instances at the same time, and one after another', async () => {
    const before = await rules();
    const requests = ['1', '2', '3'].map((chain) => ({ ...request, chain }));
    await Promise.all(requests.map((one) => filterInstance(one, context)));
    for (const { chain } of requests) expect(await rules()).toContain(`:spawnkit-${instanceChain(chain)} `);
    await Promise.all(requests.map((one) => unfilterInstance(one, context)));
    expect(await rules()).toBe(before);
  });

  test('a bridge whose ports nobody filters is forwarded for, as long as it is there', async () => {
    const before = await rules();
    const vif = aVif({ meta: { should_create_bridge: true }, more: { details: { port_filter: false } } });
    await plug(vif, context);
    await plug(vif, context);
    expect(await rules()).toContain('-A spawnkit-FORWARD -i br-test -j ACCEPT');
    await unplug(vif, context);
    expect(await rules()).toBe(before);
  });
});

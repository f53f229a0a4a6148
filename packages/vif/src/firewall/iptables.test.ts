import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aVif } from '../../test/a-vif.ts';
import { modelHost } from '../../test/model/model-host.ts';
import { unplug } from '../plug.ts';
import { chainKey, type FirewallRequest } from './firewall-request.ts';
import { filterInstance, forwardBridge, unfilterInstance } from './iptables.ts';

let locksPath: string;
beforeAll(async () => {
  locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
});
afterAll(() => rm(locksPath, { recursive: true }));

const subnets = [
  { cidr: '192.0.2.0/24', version: 4, ips: [{ address: '192.0.2.7' }], meta: { dhcp_server: '192.0.2.2' } },
  { cidr: '2001:db8::/64', version: 6, ips: [{ address: '2001:db8::7' }], gateway: { address: '2001:db8::1' } },
];
const request: FirewallRequest = {
  instanceName: 'web',
  chain: chainKey('0f0e1d2c-3b4a-4958-8776-655443322110'),
  networkInfo: [aVif({ more: { network: { subnets } } })],
  rules: [{ cidr: '2001:db8::/32', protocol: 'tcp', fromPort: 443, toPort: 443 }],
  useIpv6: true,
  allowSameNetTraffic: true,
};

test('an instance is filtered for both versions, or for IPv4 alone', async () => {
  const host = modelHost();
  const before = host.snapshot();
  await filterInstance(request, { exec: host.exec, locksPath });
  const chain = 'spawnkit-inst-0f0e1d2c3b4a49';
  expect(host.snapshot().filter['spawnkit-local']).toEqual([`-d 192.0.2.7 -j ${chain}`]);
  expect(host.snapshot().filter6['spawnkit-local']).toEqual([`-d 2001:db8::7 -j ${chain}`]);
  expect(host.snapshot().filter6[chain]).toContain('-j ACCEPT -p tcp --dport 443 -s 2001:db8::/32');
  await unfilterInstance(request, { exec: host.exec, locksPath });
  expect(host.snapshot()).toEqual(before);
  await filterInstance({ ...request, useIpv6: false }, { exec: host.exec, locksPath });
  expect(host.snapshot().filter6).toEqual(before.filter6);
});

test('every command may fail once, or be the last: its error is passed on, and all is taken back', async () => {
  for (const moment of ['before', 'after'] as const) {
    for (let at = 1; at <= 4; at++) {
      const host = modelHost();
      const before = host.snapshot();
      let count = 0;
      const refused = new EffectsError('EXEC_FAILED', 'iptables is out of order', { exitCode: 4 });
      const exec: Exec = async (...call) => {
        if (++count === at && moment === 'before') throw refused;
        const result = await host.exec(...call);
        if (count === at) throw refused;
        return result;
      };
      await expect(filterInstance(request, { exec, locksPath })).rejects.toBe(refused);
      await unfilterInstance(request, { exec: host.exec, locksPath });
      expect(host.snapshot(), `${moment} command ${at}`).toEqual(before);
      await filterInstance(request, { exec: host.exec, locksPath });
      count = 0;
      await unfilterInstance(request, { exec, locksPath }).catch(() => {});
      await unfilterInstance(request, { exec: host.exec, locksPath });
      expect(host.snapshot(), `${moment} command ${at} of its end`).toEqual(before);
    }
  }
});

test('rules of a bridge that somebody else has removed go with its VIF', async () => {
  const host = modelHost();
  const before = host.snapshot();
  await forwardBridge('br-test', { exec: host.exec, locksPath });
  const vif = aVif({ meta: { should_create_bridge: true }, more: { details: { port_filter: false } } });
  await unplug(vif, { exec: host.exec, locksPath, conn: undefined as never /* bridges do not ask libvirt */ });
  expect(host.snapshot()).toEqual(before);
});

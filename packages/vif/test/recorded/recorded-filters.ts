import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNetworkInfo } from '@spawnkit/instance';
import { connect } from '@spawnkit/libvirt';
import { fakeDaemon } from '@spawnkit/libvirt/testing';
import { manualClock } from '@spawnkit/effects/testing';
import { nwfilterFirewall } from '../../src/firewall/firewall.ts';
import type { FirewallRequest } from '../../src/firewall/firewall-request.ts';
import { filterDaemon } from '../filter-daemon.ts';
import { type FirewallCase, type RecordedRule, vpnImage } from './recorded-case.ts';

/** What our driver defines for a recorded instance: documents in their order, and how many of a second call. */
export async function definedFilters(one: FirewallCase): Promise<{ first: readonly string[]; second: number }> {
  const { answers, defined } = filterDaemon();
  await using daemon = await fakeDaemon(answers);
  await using conn = await connect(daemon.uri);
  const locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-recorded-'));
  try {
    const exec = () => Promise.reject(new Error('network filters need no command'));
    const context = { exec, conn, clock: manualClock(), locksPath };
    const request = firewallRequestOf(one);
    await nwfilterFirewall.setupBasicFiltering(request, context);
    const first = [...defined];
    await nwfilterFirewall.setupBasicFiltering(request, context);
    return { first, second: defined.length - first.length };
  } finally {
    await rm(locksPath, { recursive: true });
  }
}

export function firewallRequestOf({ input }: FirewallCase): FirewallRequest {
  return {
    instanceName: input.instance.name,
    chain: String(input.instance.id),
    networkInfo: parseNetworkInfo(input.network_info),
    rules: input.security_group_rules.map(ruleOf),
    useIpv6: input.use_ipv6,
    allowSameNetTraffic: input.allow_same_net_traffic,
    isVpn: input.instance.image_ref === vpnImage,
  };
}

function ruleOf({ cidr, protocol, from_port: from, to_port: to }: RecordedRule) {
  return {
    cidr: cidr ?? undefined,
    protocol: protocol ?? undefined,
    fromPort: from ?? undefined,
    toPort: to ?? undefined,
  };
}

import type { IpVersion } from '@spawnkit/instance';
import {
  addressesOf,
  checkCidr,
  dhcpServerOf,
  type FirewallRequest,
  gatewayOf,
  subnetsOf,
} from './firewall-request.ts';
import { allowRules } from './security-group-rule.ts';
import { VifError } from '../errors.ts';

/** Chains of iptables' table `filter` with their rules. Names of our own chains have a `$` before them within rules. */
export type Chains = Readonly<Record<string, readonly string[]>>;

/** Requests for an address, from guests that have none yet. */
export const DHCP_REQUEST = '-s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 -j ACCEPT';

/**
 * What filters the traffic to an instance, for IPv4 and IPv6: its own chain, and its share of those that all instances have in
 * common. Follows Nova's IptablesFirewallDriver. Throws {@link VifError} `RULE_INVALID`. Pure.
 */
export function instanceChains(request: FirewallRequest): { readonly v4: Chains; readonly v6: Chains } {
  const name = instanceChain(request.chain);
  const hasDhcp = dhcpServers(request).length > 0;
  const requests = hasDhcp ? { INPUT: [DHCP_REQUEST], FORWARD: [DHCP_REQUEST] } : {};
  const fallback = { 'sg-fallback': ['-j DROP'] };
  return {
    v4: { ...fallback, [name]: rulesFor(request, 4), ...jumps(request, 4), ...requests },
    v6: request.useIpv6 ? { ...fallback, [name]: rulesFor(request, 6), ...jumps(request, 6) } : fallback,
  };
}

/** The chain of one instance. Throws `RULE_INVALID`. */
export function instanceChain(key: string): string {
  if (/^[A-Za-z0-9]{1,14}$/.test(key)) return `inst-${key}`;
  throw new VifError('RULE_INVALID', `${JSON.stringify(key)} cannot be part of the name of a chain`, {
    fix: 'Give 1 to 14 letters and digits, such as chainKey makes them of a UUID.',
    context: { key },
  });
}

function rulesFor(request: FirewallRequest, version: IpVersion): readonly string[] {
  return [
    '-m state --state INVALID -j DROP',
    '-m state --state ESTABLISHED,RELATED -j ACCEPT',
    '-j $provider',
    ...(version === 4 ? dhcpServers(request).map((one) => `-s ${one} -p udp --sport 67 --dport 68 -j ACCEPT`) : []),
    ...(request.allowSameNetTraffic ? ranges(request, version).map((range) => `-s ${range} -j ACCEPT`) : []),
    ...(version === 6 ? routers(request).map((one) => `-s ${one}/128 -p icmpv6 -j ACCEPT`) : []),
    ...request.rules.flatMap(allowRules).flatMap((one) => (one.version === version ? [one.text] : [])),
    '-j $sg-fallback',
  ];
}

/** Everything that goes to one of the instance's addresses goes through its chain. */
function jumps({ networkInfo, chain }: FirewallRequest, version: IpVersion): Chains {
  const addresses = subnetsOf(networkInfo, version).flatMap(addressesOf);
  return addresses.length === 0 ? {} : { local: addresses.map((one) => `-d ${one} -j $${instanceChain(chain)}`) };
}

function dhcpServers({ networkInfo }: FirewallRequest): readonly string[] {
  return subnetsOf(networkInfo, 4).flatMap((subnet) => dhcpServerOf(subnet) ?? []);
}

function ranges({ networkInfo }: FirewallRequest, version: IpVersion): readonly string[] {
  return subnetsOf(networkInfo, version).flatMap(({ cidr }) => {
    if (cidr === undefined) return [];
    checkCidr(cidr);
    return [cidr];
  });
}

function routers({ networkInfo }: FirewallRequest): readonly string[] {
  return subnetsOf(networkInfo, 6).flatMap((subnet) => gatewayOf(subnet) ?? []);
}

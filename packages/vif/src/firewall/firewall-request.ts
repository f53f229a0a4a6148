import { isIP } from 'node:net';
import type { IpVersion, Subnet, Vif } from '@spawnkit/instance';
import { VifError } from '../errors.ts';
import type { SecurityGroupRule } from './security-group-rule.ts';

/** Whose traffic is filtered, and how. */
export interface FirewallRequest {
  /** Name of the domain; network filters are named after it. */
  readonly instanceName: string;
  /** What its chains are named after: Nova's number of the instance, or 14 digits of its UUID. See {@link chainKey}. */
  readonly chain: string;
  readonly networkInfo: readonly Vif[];
  /** Of all its security groups; what none of them allows is dropped. Only the iptables driver looks at them. */
  readonly rules: readonly SecurityGroupRule[];
  /** Nova's `use_ipv6`: filter IPv6 as well. */
  readonly useIpv6: boolean;
  /** Nova's `allow_same_net_traffic`: whoever is in a network of the instance may reach it. */
  readonly allowSameNetTraffic: boolean;
  /** It routes for others, and may use addresses that are not its own. */
  readonly isVpn?: boolean | undefined;
}

/** The part of an instance's UUID that fits into the name of a chain. */
export function chainKey(uuid: string): string {
  return uuid.replaceAll('-', '').slice(0, 14);
}

/** All subnets of one version, VIF by VIF. */
export function subnetsOf(networkInfo: readonly Vif[], version: IpVersion): readonly Subnet[] {
  return networkInfo.flatMap(({ network }) => network.subnets).filter((subnet) => subnet.version === version);
}

/** The instance's own addresses in a subnet. Throws `RULE_INVALID`. */
export function addressesOf({ ips }: Subnet): readonly string[] {
  return ips.flatMap(({ address }) => (address === undefined ? [] : [checkAddress(address)]));
}

/** The DHCP server that Nova's network model names. Throws `RULE_INVALID`. */
export function dhcpServerOf({ meta }: Subnet): string | undefined {
  const server = meta['dhcp_server'];
  return server === undefined || server === null ? undefined : checkAddress(server);
}

/** The router, where it has an address. Throws `RULE_INVALID`. */
export function gatewayOf({ gateway }: Subnet): string | undefined {
  return gateway?.address === undefined ? undefined : checkAddress(gateway.address);
}

/** Throws `RULE_INVALID` unless it is an address, which becomes a word of a rule. */
export function checkAddress(given: unknown): string {
  if (typeof given === 'string' && isIP(given) > 0) return given;
  throw new VifError('RULE_INVALID', `${JSON.stringify(given)} is no IP address`, { context: { address: given } });
}

/** Throws `RULE_INVALID` unless it is an address with a prefix length: `10.0.0.0/8`. */
export function checkCidr(given: unknown): {
  readonly address: string;
  readonly prefix: number;
  readonly version: IpVersion;
} {
  const [, address = '', prefix = ''] = typeof given === 'string' ? (/^([^/]+)\/(\d{1,3})$/.exec(given) ?? []) : [];
  const family = isIP(address);
  const length = Number(prefix);
  if (family === 4 && length <= 32) return { address, prefix: length, version: 4 };
  if (family === 6 && length <= 128) return { address, prefix: length, version: 6 };
  throw new VifError('RULE_INVALID', `${JSON.stringify(given)} is no range of IP addresses`, {
    fix: 'Give one such as 10.0.0.0/8 or 2001:db8::/32.',
    context: { cidr: given },
  });
}

import type { IpVersion, Route, Subnet, Vif } from '@spawnkit/instance';
import { ConfigDriveError } from './errors.ts';
import { checkedAddress, netmask, networkAddress, parseCidr } from './ip.ts';

/** A DNS server. */
export type Service = { readonly type: 'dns'; readonly address: string };
/** A layer 2 link of `network_data.json`. */
export type Link = {
  readonly id: string;
  readonly vif_id: string;
  readonly type: string;
  /** Bytes; null leaves it to DHCP. */
  readonly mtu: number | null;
  readonly ethernet_mac_address: string;
};
export type NetworkRoute = { readonly network: string; readonly netmask: string; readonly gateway: string };
/** A network configured by DHCP. */
export type DhcpNetwork = {
  readonly id: string;
  readonly type: string;
  readonly link: string;
  readonly network_id: string | null;
};
/** A network with its address; SLAAC and DHCPv6 modes carry the address as information. */
export type AddressedNetwork = {
  readonly id: string;
  readonly type: string;
  readonly link: string;
  readonly ip_address: string;
  readonly netmask: string;
  readonly routes: readonly NetworkRoute[];
  readonly network_id: string | null;
  readonly services: readonly Service[];
};
/** The document `network_data.json`, as Nova documents it in "Metadata service: network_data.json". */
export type NetworkData = {
  readonly links: readonly Link[];
  readonly networks: readonly (DhcpNetwork | AddressedNetwork)[];
  readonly services: readonly Service[];
};

export interface NetworkDataOptions {
  /**
   * A VIF without subnets becomes an `ipv4_dhcp` network instead of being left out as in Nova: what a guest on a libvirt
   * network or on user networking needs, whose addresses nobody assigned. Default false.
   */
  readonly dhcpWithoutSubnets?: boolean;
}

/** Link types that keep the VIF's own type name (Nova's LEGACY_EXPOSED_VIF_TYPES); all others are `phy`. */
const exposedTypes = ['bridge', 'dvs', 'hw_veb', 'hyperv', 'ovs', 'tap', 'vhostuser', 'vif'];

/**
 * `network_data.json` of a network info, as `get_network_metadata` of Nova's netutils: the first IPv4 and the first IPv6
 * subnet of each VIF. Undefined when there is no VIF at all. Throws INVALID_NETWORK.
 */
export function networkData(networkInfo: readonly Vif[], options: NetworkDataOptions = {}): NetworkData | undefined {
  if (networkInfo.length === 0) return undefined;
  const links: Link[] = [];
  const networks: (DhcpNetwork | AddressedNetwork)[] = [];
  const services: Service[] = [];
  let index = 0;
  for (const vif of networkInfo) {
    const bare = vif.network.subnets.length === 0;
    if (bare && !options.dhcpWithoutSubnets) continue;
    const link = linkOf(vif, index++);
    const subnets = ([4, 6] as const).map((version) => firstSubnet(vif, version));
    if (bare || subnets.some(Boolean)) links.push(link);
    if (bare) networks.push(dhcpNetwork(`network${networks.length}`, 4, link, vif));
    for (const subnet of subnets) {
      if (!subnet || subnet.ips.length === 0) continue;
      networks.push(networkOf(`network${networks.length}`, link, vif, subnet));
      services.push(...dnsOf(subnet).filter((dns) => !services.some((known) => known.address === dns.address)));
    }
  }
  return { links, networks, services };
}

/** The first subnet of a version, the only one that Nova describes to a guest. */
export function firstSubnet(vif: Vif, version: IpVersion): (Subnet & { version: IpVersion }) | undefined {
  const subnet = vif.network.subnets.find((candidate) => candidate.version === version);
  return subnet && { ...subnet, version };
}

/** The CIDR of a subnet. Throws INVALID_NETWORK when it has none. */
export function subnetCidr(subnet: Subnet): string {
  if (subnet.cidr !== undefined) return subnet.cidr;
  throw new ConfigDriveError(
    'INVALID_NETWORK',
    'Cannot describe a subnet with an address but without "cidr". Give its prefix, such as "192.0.2.0/24".',
  );
}

/** True for a subnet whose DHCP server is known. */
export function hasDhcp(subnet: Subnet): boolean {
  return subnet.meta.dhcp_server !== undefined && subnet.meta.dhcp_server !== null;
}

function linkOf(vif: Vif, index: number): Link {
  return {
    id: vif.devname || `interface${index}`,
    vif_id: vif.id,
    type: vif.type !== undefined && exposedTypes.includes(vif.type) ? vif.type : 'phy',
    mtu: vif.network.subnets.some(hasDhcp) ? null : mtuOf(vif),
    ethernet_mac_address: vif.address,
  };
}

function mtuOf(vif: Vif): number | null {
  const mtu = vif.network.meta.mtu ?? null;
  if (mtu === null || (typeof mtu === 'number' && Number.isInteger(mtu) && mtu >= 0)) return mtu;
  throw new ConfigDriveError(
    'INVALID_NETWORK',
    `Cannot describe VIF "${vif.id}": its network's mtu is ${JSON.stringify(mtu)}, allowed is a whole number of bytes.`,
    { vif: vif.id },
  );
}

function networkOf(id: string, link: Link, vif: Vif, subnet: Subnet & { version: IpVersion }) {
  const mode = subnet.meta.ipv6_address_mode;
  const slaac = typeof mode === 'string';
  if (!slaac && hasDhcp(subnet)) return dhcpNetwork(id, subnet.version, link, vif);
  const routes = subnet.routes.map(routeOf);
  return {
    id,
    type: slaac ? `ipv${subnet.version}_${mode}` : `ipv${subnet.version}`,
    link: link.id,
    ip_address: checkedAddress(subnet.ips[0]?.address ?? ''),
    netmask: netmask(parseCidr(subnetCidr(subnet))),
    routes: [...defaultRoute(subnet), ...routes],
    network_id: vif.network.id ?? null,
    services: dnsOf(subnet),
  };
}

function dhcpNetwork(id: string, version: IpVersion, link: Link, vif: Vif): DhcpNetwork {
  return { id, type: `ipv${version}_dhcp`, link: link.id, network_id: vif.network.id ?? null };
}

function defaultRoute(subnet: Subnet): NetworkRoute[] {
  const gateway = subnet.gateway?.address;
  if (!gateway) return [];
  const any = subnet.version === 6 ? '::' : '0.0.0.0';
  return [{ network: any, netmask: any, gateway: checkedAddress(gateway) }];
}

function routeOf(route: Route): NetworkRoute {
  const cidr = parseCidr(route.cidr);
  return {
    network: networkAddress(cidr),
    netmask: netmask(cidr),
    gateway: checkedAddress(route.gateway?.address ?? ''),
  };
}

function dnsOf(subnet: Subnet): Service[] {
  return subnet.dns.map((ip) => ({ type: 'dns' as const, address: checkedAddress(ip.address ?? '') }));
}

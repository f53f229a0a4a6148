import type { IpVersion, Network, Route, Subnet, Vif } from '@spawnkit/instance';
import { ConfigDriveError } from './errors.ts';
import { type GuestLink, type GuestLinks, guestLinks } from './guest-links.ts';
import { checkedAddress, netmask, networkAddress, parseCidr } from './ip.ts';
import type { AddressedNetwork, DhcpNetwork, Link, NetworkData, NetworkRoute, Service } from './network-document.ts';

export interface NetworkDataOptions extends GuestLinks {
  /**
   * A VIF without subnets becomes an `ipv4_dhcp` network instead of being left out as in Nova: what a guest on a libvirt
   * network or on user networking needs, whose addresses nobody assigned. Default false.
   */
  readonly dhcpWithoutSubnets?: boolean;
}

/** A subnet of a version that is known. */
export type DescribedSubnet = Subnet & { readonly version: IpVersion };

/** Link types that keep the VIF's own type name (Nova's LEGACY_EXPOSED_VIF_TYPES); all others are `phy`. */
const exposedTypes = ['bridge', 'dvs', 'hw_veb', 'hyperv', 'ovs', 'tap', 'vhostuser', 'vif'];

/**
 * `network_data.json` of a network info, as `get_network_metadata` of Nova's netutils: the first IPv4 and the first IPv6
 * subnet of each VIF; then the bonds and VLANs that the options name. Undefined when there is no VIF at all. Throws
 * INVALID_NETWORK.
 */
export function networkData(networkInfo: readonly Vif[], options: NetworkDataOptions = {}): NetworkData | undefined {
  if (networkInfo.length === 0) return undefined;
  const links: Link[] = [];
  const networks: (DhcpNetwork | AddressedNetwork)[] = [];
  const services: Service[] = [];
  for (const link of guestLinks(networkInfo, options, options.dhcpWithoutSubnets ?? false)) {
    const { network } = link;
    const subnets = describedSubnets(network);
    if (subnets.length > 0 || (network?.subnets ?? []).length === 0) links.push(linkOf(link));
    if (isBare(link)) networks.push(dhcpNetwork(`network${networks.length}`, 4, link));
    for (const subnet of subnets.filter(({ ips }) => ips.length > 0)) {
      networks.push(networkOf(`network${networks.length}`, link, subnet));
      services.push(...dnsOf(subnet).filter((dns) => !services.some((known) => known.address === dns.address)));
    }
  }
  return { links, networks, services };
}

/** The first subnet of a version, the only one that Nova describes to a guest. */
export function firstSubnet(network: Network, version: IpVersion): DescribedSubnet | undefined {
  const subnet = network.subnets.find((candidate) => candidate.version === version);
  return subnet && { ...subnet, version };
}

/** The subnets that are described to a guest: the first of each version. */
export function describedSubnets(network: Network | undefined): readonly DescribedSubnet[] {
  if (network === undefined) return [];
  return ([4, 6] as const).map((version) => firstSubnet(network, version)).filter((subnet) => subnet !== undefined);
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

function linkOf(link: GuestLink): Link {
  const { id, macAddress } = link;
  const mtu = link.network === undefined ? null : linkMtu(link.network, id);
  if (link.kind === 'bond') {
    const { mode, monitorMs, transmitHashPolicy } = link.bond;
    const mark = { id, type: 'bond', mtu, ethernet_mac_address: macAddress } as const;
    return {
      ...mark,
      bond_links: link.members,
      bond_mode: mode,
      ...(monitorMs === undefined ? {} : { bond_miimon: monitorMs }),
      ...(transmitHashPolicy === undefined ? {} : { bond_xmit_hash_policy: transmitHashPolicy }),
    };
  }
  if (link.kind === 'vlan') {
    return { id, type: 'vlan', mtu, vlan_mac_address: macAddress, vlan_id: link.vlan.vlan, vlan_link: link.carrier };
  }
  const { vif } = link;
  const type = vif.type !== undefined && exposedTypes.includes(vif.type) ? vif.type : 'phy';
  return { id, vif_id: vif.id, type, mtu, ethernet_mac_address: macAddress };
}

/** Bytes; null where DHCP tells it or nobody has set it. Throws INVALID_NETWORK. */
export function linkMtu(network: Network, link: string): number | null {
  if (network.subnets.some(hasDhcp)) return null;
  const mtu = network.meta.mtu ?? null;
  if (mtu === null || (typeof mtu === 'number' && Number.isInteger(mtu) && mtu >= 0)) return mtu;
  throw new ConfigDriveError(
    'INVALID_NETWORK',
    `Cannot describe the link "${link}": its network's mtu is ${JSON.stringify(mtu)}, allowed is a whole number of bytes.`,
    { link },
  );
}

function networkOf(id: string, link: GuestLink, subnet: DescribedSubnet) {
  const mode = subnet.meta.ipv6_address_mode;
  const slaac = typeof mode === 'string';
  if (!slaac && hasDhcp(subnet)) return dhcpNetwork(id, subnet.version, link);
  const routes = subnet.routes.map(routeOf);
  return {
    id,
    type: slaac ? `ipv${subnet.version}_${mode}` : `ipv${subnet.version}`,
    link: link.id,
    ip_address: checkedAddress(subnet.ips[0]?.address ?? ''),
    netmask: netmask(parseCidr(subnetCidr(subnet))),
    routes: [...defaultRoute(subnet), ...routes],
    network_id: link.network?.id ?? null,
    services: dnsOf(subnet),
  };
}

function dhcpNetwork(id: string, version: IpVersion, link: GuestLink): DhcpNetwork {
  return { id, type: `ipv${version}_dhcp`, link: link.id, network_id: link.network?.id ?? null };
}

function isBare(link: GuestLink): boolean {
  return link.kind === 'vif' && link.bare;
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

import type { Network, Subnet } from '@spawnkit/instance';
import { type GuestLink, guestLinks } from './guest-links.ts';
import { checkedAddress, parseCidr } from './ip.ts';
import type { Json } from './json-text.ts';
import type { MetadataRequest } from './metadata-request.ts';
import { describedSubnets, hasDhcp, linkMtu, subnetCidr } from './network-data.ts';

/**
 * cloud-init's "Networking Config Version 2" of the same links as `network_data.json`: VIFs matched by their MAC addresses,
 * bonds and VLANs by the names of the VIFs. Undefined when there is nothing to say. Throws INVALID_NETWORK.
 */
export function noCloudNetwork({
  networkInfo,
  links = {},
  dhcpWithoutSubnets = false,
}: MetadataRequest): Json | undefined {
  const all = guestLinks(networkInfo, links, dhcpWithoutSubnets);
  if (all.length === 0) return undefined;
  const section = (kind: GuestLink['kind'], name: string) => {
    const chosen = all.filter((link) => link.kind === kind).map((link) => [link.id, entryOf(link)] as const);
    return chosen.length > 0 ? { [name]: Object.fromEntries(chosen) } : {};
  };
  return { version: 2, ...section('vif', 'ethernets'), ...section('bond', 'bonds'), ...section('vlan', 'vlans') };
}

function entryOf(link: GuestLink): Json {
  const macaddress = link.macAddress.toLowerCase();
  const addresses = link.network ? networkEntry(link.network, link.id) : {};
  if (link.kind === 'bond') {
    return { interfaces: link.members, macaddress, parameters: bondParameters(link.bond), ...addresses };
  }
  if (link.kind === 'vlan') return { id: link.vlan.vlan, link: link.carrier, macaddress, ...addresses };
  // Not every renderer of cloud-init finds what a bond refers to by its id; ifupdown's takes it for a name.
  const name = link.needed ? { 'set-name': link.id } : {};
  return { match: { macaddress }, ...name, ...(link.bare ? { dhcp4: true } : addresses) };
}

function bondParameters({ mode, monitorMs, transmitHashPolicy }: (GuestLink & { kind: 'bond' })['bond']): Json {
  return {
    mode,
    ...(monitorMs === undefined ? {} : { 'mii-monitor-interval': monitorMs }),
    ...(transmitHashPolicy === undefined ? {} : { 'transmit-hash-policy': transmitHashPolicy }),
  };
}

function networkEntry(network: Network, link: string): Readonly<Record<string, Json>> {
  const subnets = describedSubnets(network);
  const fixed = subnets.filter((subnet) => subnet.ips.length > 0 && !configuresItself(subnet));
  const addresses = fixed.map((subnet) => `${addressOf(subnet)}/${parseCidr(subnetCidr(subnet)).prefix}`);
  const servers = [...new Set(fixed.flatMap((subnet) => subnet.dns.map((ip) => checkedAddress(ip.address ?? ''))))];
  const routes = fixed.flatMap(routesOf);
  const mtu = linkMtu(network, link);
  return {
    ...(subnets.some((subnet) => subnet.version === 4 && hasDhcp(subnet)) ? { dhcp4: true } : {}),
    ...(subnets.some((subnet) => subnet.version === 6 && asksDhcp6(subnet)) ? { dhcp6: true } : {}),
    ...(subnets.some((subnet) => subnet.meta.ipv6_address_mode === 'slaac') ? { 'accept-ra': true } : {}),
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(routes.length > 0 ? { routes } : {}),
    ...(servers.length > 0 ? { nameservers: { addresses: servers } } : {}),
    ...(mtu === null ? {} : { mtu }),
  };
}

function configuresItself(subnet: Subnet): boolean {
  return hasDhcp(subnet) || typeof subnet.meta.ipv6_address_mode === 'string';
}

/** An address mode wins over a DHCP server, as in `network_data.json`. */
function asksDhcp6(subnet: Subnet): boolean {
  const mode = subnet.meta.ipv6_address_mode;
  return typeof mode === 'string' ? mode.startsWith('dhcpv6') : hasDhcp(subnet);
}

function addressOf(subnet: Subnet): string {
  return checkedAddress(subnet.ips[0]?.address ?? '');
}

function routesOf(subnet: Subnet): { to: string; via: string }[] {
  const gateway = subnet.gateway?.address;
  const anywhere = subnet.version === 6 ? '::/0' : '0.0.0.0/0';
  return [
    ...(gateway ? [{ to: anywhere, via: checkedAddress(gateway) }] : []),
    ...subnet.routes.map(({ cidr, gateway: via }) => {
      parseCidr(cidr);
      return { to: cidr, via: checkedAddress(via?.address ?? '') };
    }),
  ];
}

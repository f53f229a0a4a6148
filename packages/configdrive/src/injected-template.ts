import type { IpVersion, Subnet, Vif } from '@spawnkit/instance';
import { broadcast, checkedAddress, netmask, parseCidr } from './ip.ts';
import { firstSubnet, hasDhcp, subnetCidr } from './network-data.ts';

const header = `# Injected by Nova on instance boot
#
# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

# The loopback network interface
auto lo
iface lo inet loopback
`;

/**
 * The legacy `/etc/network/interfaces` for networks flagged `injected` (Nova's `get_injected_network_template`): undefined
 * when no VIF takes part. Host routes are not written, as in Nova. `virtType` `lxc` writes IPv6 as commands, since containers share the host's ifupdown limits.
 * Throws INVALID_NETWORK.
 */
export function injectedNetworkTemplate(networkInfo: readonly Vif[], virtType?: string): string | undefined {
  const stanzas = networkInfo
    .filter((vif) => vif.network.subnets.length > 0)
    .map((vif, index) => (takesPart(vif) ? stanza(vif, `eth${index}`, virtType === 'lxc') : undefined))
    .filter((text) => text !== undefined);
  return stanzas.length > 0 ? [header, ...stanzas].join('\n') : undefined;
}

/** Nova skips a VIF as soon as the first subnet of either version has a DHCP server. */
function takesPart(vif: Vif): boolean {
  return Boolean(vif.network.meta.injected) && !([4, 6] as const).some((version) => dhcp(vif, version));
}

function dhcp(vif: Vif, version: IpVersion): boolean {
  const subnet = firstSubnet(vif.network, version);
  return subnet !== undefined && hasDhcp(subnet);
}

function stanza(vif: Vif, name: string, lxc: boolean): string {
  const v4 = firstSubnet(vif.network, 4);
  const v6 = firstSubnet(vif.network, 6);
  const lines = [
    `auto ${name}`,
    ...(v4?.ips.length ? staticV4(vif, name, v4) : []),
    ...(v6?.ips.length ? (lxc ? commandsV6(v6) : staticV6(vif, name, v6)) : []),
  ];
  return `${lines.join('\n')}\n`;
}

function staticV4(vif: Vif, name: string, subnet: Subnet): string[] {
  const cidr = parseCidr(subnetCidr(subnet));
  return [
    `iface ${name} inet static`,
    `    hwaddress ether ${vif.address}`,
    `    address ${firstAddress(subnet)}`,
    `    netmask ${netmask(cidr)}`,
    `    broadcast ${broadcast(cidr)}`,
    ...gatewayLine(subnet),
    ...dnsLine(subnet),
  ];
}

function staticV6(vif: Vif, name: string, subnet: Subnet): string[] {
  return [
    `iface ${name} inet6 static`,
    `    hwaddress ether ${vif.address}`,
    `    address ${firstAddress(subnet)}`,
    `    netmask ${parseCidr(subnetCidr(subnet)).prefix}`,
    ...gatewayLine(subnet),
    ...dnsLine(subnet),
  ];
}

function commandsV6(subnet: Subnet): string[] {
  const address = `${firstAddress(subnet)}/${parseCidr(subnetCidr(subnet)).prefix}`;
  const gateway = subnet.gateway?.address;
  return [
    `    post-up ip -6 addr add ${address} dev \${IFACE}`,
    ...(gateway ? [`    post-up ip -6 route add default via ${checkedAddress(gateway)} dev \${IFACE}`] : []),
  ];
}

function firstAddress(subnet: Subnet): string {
  return checkedAddress(subnet.ips[0]?.address ?? '');
}

function gatewayLine(subnet: Subnet): string[] {
  return subnet.gateway?.address ? [`    gateway ${checkedAddress(subnet.gateway.address)}`] : [];
}

function dnsLine(subnet: Subnet): string[] {
  const servers = subnet.dns.map((ip) => checkedAddress(ip.address ?? '')).join(' ');
  return servers ? [`    dns-nameservers ${servers}`] : [];
}

import type { FilterRule, NetworkFilter } from '@spawnkit/guest-config';

/** Filters of libvirt's own that ours refer to. */
const spoofing = ['no-mac-spoofing', 'no-ip-spoofing', 'no-arp-spoofing'];
const noReflection = 'nova-no-nd-reflection';

/**
 * The network filters that those of instances refer to, under Nova's names, each after what it refers to. Follows
 * `_ensure_static_filters` of Nova's libvirt firewall.
 */
export const staticFilters: readonly NetworkFilter[] = [
  { name: noReflection, chain: 'ipv6', rules: [dropReflection()] },
  container('nova-nodhcp', [...spoofing, noReflection]),
  container('nova-base', [...spoofing, noReflection, 'allow-dhcp-server']),
  container('nova-vpn', ['allow-dhcp-server']),
  { name: 'nova-allow-dhcp-server', chain: 'ipv4', rules: allowDhcp() },
];

function container(name: string, filters: readonly string[]): NetworkFilter {
  return { name, chain: 'root', filterRefs: filters.map((filter) => ({ filter })) };
}

/** Neighbour discovery that a guest hears of itself makes it believe that its address is taken. */
function dropReflection(): FilterRule {
  const mac = [{ dstMac: '33:33:00:00:00:00', dstMacMask: 'ff:ff:00:00:00:00', srcMac: '$MAC' }];
  return { action: 'drop', direction: 'in', mac };
}

function allowDhcp(): readonly FilterRule[] {
  const asked = { srcIp: '0.0.0.0', dstIp: '255.255.255.255', srcPortStart: '68', dstPortStart: '67' };
  const answered = { srcIp: '$DHCPSERVER', srcPortStart: '67', dstPortStart: '68' };
  return [
    { action: 'accept', direction: 'out', priority: 100, udp: [asked] },
    { action: 'accept', direction: 'in', priority: 100, udp: [answered] },
  ];
}

import type { NetworkFilter } from '@spawnkit/guest-config';
import type { Vif } from '@spawnkit/instance';
import {
  addressesOf,
  checkCidr,
  dhcpServerOf,
  type FirewallRequest,
  gatewayOf,
  subnetsOf,
} from './firewall-request.ts';

type Parameter = readonly [name: string, value: string];

/** The network filter that a VIF's interface names in its `<filterref>`. */
export function instanceFilterName(instanceName: string, { address }: Pick<Vif, 'address'>): string {
  return `nova-instance-${instanceName}-${address.replaceAll(':', '')}`;
}

/**
 * The network filter of one VIF: which of the common filters it uses, and with which addresses. Follows
 * `_get_instance_filter_xml` of Nova's libvirt firewall. Throws `RULE_INVALID`.
 */
export function instanceFilter(request: FirewallRequest, vif: Vif): NetworkFilter {
  const parameters = parametersOf(request, vif).map(([name, value]) => ({ name, value }));
  const filter = baseFilter(request, vif);
  return {
    name: instanceFilterName(request.instanceName, vif),
    chain: 'root',
    filterRefs: [{ filter, ...(parameters.length > 0 && { parameters }) }],
  };
}

function baseFilter({ isVpn }: FirewallRequest, { network }: Vif): string {
  if (isVpn) return 'nova-vpn';
  return network.subnets.some((subnet) => dhcpServerOf(subnet) !== undefined) ? 'nova-base' : 'nova-nodhcp';
}

function parametersOf({ useIpv6, allowSameNetTraffic }: FirewallRequest, vif: Vif): readonly Parameter[] {
  const v4 = subnetsOf([vif], 4);
  const v6 = useIpv6 ? subnetsOf([vif], 6) : [];
  const named = (name: string, value: string | undefined): readonly Parameter[] => (value ? [[name, value]] : []);
  return [
    ...v4.flatMap((subnet) => [
      ...addressesOf(subnet).map((address): Parameter => ['IP', address]),
      ...named('DHCPSERVER', dhcpServerOf(subnet)),
    ]),
    ...v6.flatMap((subnet) => {
      const router = gatewayOf(subnet);
      return named('RASERVER', router && `${router}/128`);
    }),
    ...(allowSameNetTraffic ? [...v4, ...v6].flatMap(({ cidr }) => rangeParameters(cidr)) : []),
  ];
}

function rangeParameters(cidr: string | undefined): readonly Parameter[] {
  if (cidr === undefined) return [];
  const { address, prefix, version } = checkCidr(cidr);
  if (version === 6)
    return [
      ['PROJNET6', address],
      ['PROJMASK6', String(prefix)],
    ];
  return [
    ['PROJNET', address],
    ['PROJMASK', netmask(prefix)],
  ];
}

/** 24 → 255.255.255.0 */
function netmask(prefix: number): string {
  const bits = prefix === 0 ? 0 : (0xff_ff_ff_ff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}

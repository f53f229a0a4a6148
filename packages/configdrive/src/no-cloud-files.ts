import type { Subnet, Vif } from '@spawnkit/instance';
import { stringify } from 'yaml';
import { fullHostname } from './config-drive-files.ts';
import type { DriveFile } from './drive-file.ts';
import { checkedAddress, parseCidr } from './ip.ts';
import type { Json } from './json-text.ts';
import { checkMetadataLimits } from './metadata-limits.ts';
import type { MetadataRequest } from './metadata-request.ts';
import { firstSubnet, hasDhcp, subnetCidr } from './network-data.ts';

/** The label by which cloud-init's NoCloud data source finds its volume. */
export const noCloudLabel = 'cidata';

/**
 * The same request for cloud-init's NoCloud data source: `meta-data`, `user-data`, `vendor-data` when there is any, and
 * `network-config` (version 2, matched by MAC) when there is a network to describe. Build it with `label: noCloudLabel`.
 * NoCloud knows neither injected files nor an admin password: put them into the user data.
 *
 * Throws TOO_LARGE, INVALID_METADATA, INVALID_NETWORK.
 */
export function noCloudFiles(request: MetadataRequest): readonly DriveFile[] {
  checkMetadataLimits(request);
  const { instance, keypairs = [], networkInfo, userData = '', dhcpWithoutSubnets = false } = request;
  const hostname = fullHostname(request);
  const ethernets = Object.fromEntries(
    networkInfo.flatMap((vif, index) => {
      const ethernet = ethernetOf(vif, dhcpWithoutSubnets);
      return ethernet ? [[`interface${index}`, ethernet]] : [];
    }),
  );
  const vendor = vendorText(request.vendorData?.static);
  return [
    file('meta-data', {
      'instance-id': instance.uuid,
      'local-hostname': hostname,
      ...(keypairs[0] ? { 'public-keys': [keypairs[0].publicKey.trimEnd()] } : {}),
    }),
    { path: 'user-data', content: typeof userData === 'string' ? new TextEncoder().encode(userData) : userData },
    ...(vendor === undefined ? [] : [{ path: 'vendor-data', content: new TextEncoder().encode(vendor) }]),
    ...(Object.keys(ethernets).length > 0 ? [file('network-config', { version: 2, ethernets })] : []),
  ];
}

/** Nova's static document keeps what is meant for cloud-init under this key. */
function vendorText(document: Json | undefined): string | undefined {
  if (typeof document !== 'object' || document === null || !('cloud-init' in document)) return undefined;
  const { 'cloud-init': content } = document;
  return typeof content === 'string' ? content : `#cloud-config\n${stringify(content)}`;
}

function ethernetOf(vif: Vif, dhcpWithoutSubnets: boolean): Json | undefined {
  const match = { macaddress: vif.address.toLowerCase() };
  if (vif.network.subnets.length === 0) return dhcpWithoutSubnets ? { match, dhcp4: true } : undefined;
  const v4 = firstSubnet(vif, 4);
  const v6 = firstSubnet(vif, 6);
  const subnets = [v4, v6].filter((subnet) => subnet !== undefined);
  const fixed = subnets.filter((subnet) => subnet.ips.length > 0 && !configuresItself(subnet));
  const addresses = fixed.map((subnet) => `${addressOf(subnet)}/${parseCidr(subnetCidr(subnet)).prefix}`);
  const servers = [...new Set(fixed.flatMap((subnet) => subnet.dns.map((ip) => checkedAddress(ip.address ?? ''))))];
  const routes = fixed.flatMap(routesOf);
  const { mtu } = vif.network.meta;
  return {
    match,
    ...(v4 && hasDhcp(v4) ? { dhcp4: true } : {}),
    ...(v6 && (hasDhcp(v6) || isDhcp6(v6)) ? { dhcp6: true } : {}),
    ...(v6?.meta.ipv6_address_mode === 'slaac' ? { 'accept-ra': true } : {}),
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(routes.length > 0 ? { routes } : {}),
    ...(servers.length > 0 ? { nameservers: { addresses: servers } } : {}),
    ...(typeof mtu === 'number' && !subnets.some(hasDhcp) ? { mtu } : {}),
  };
}

function configuresItself(subnet: Subnet): boolean {
  return hasDhcp(subnet) || typeof subnet.meta.ipv6_address_mode === 'string';
}

function isDhcp6(subnet: Subnet): boolean {
  const mode = subnet.meta.ipv6_address_mode;
  return typeof mode === 'string' && mode.startsWith('dhcpv6');
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

function file(path: string, document: Json): DriveFile {
  return { path, content: new TextEncoder().encode(stringify(document)) };
}

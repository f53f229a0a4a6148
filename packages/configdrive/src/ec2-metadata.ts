import type { Vif } from '@spawnkit/instance';
import type { Json } from './json-text.ts';
import type { MappedDevice, MetadataRequest } from './metadata-request.ts';
import { atLeast, type Ec2Version } from './versions.ts';

/** The addresses of an instance as EC2 metadata sorts them. */
export interface Ec2IpInfo {
  readonly fixedIps: readonly string[];
  readonly fixedIp6s: readonly string[];
  readonly floatingIps: readonly string[];
}

/** Fixed and floating addresses of all subnets, in order. */
export function ec2IpInfo(networkInfo: readonly Vif[]): Ec2IpInfo {
  const ips = networkInfo.flatMap((vif) => vif.network.subnets.flatMap((subnet) => subnet.ips));
  return {
    fixedIps: ips.filter((ip) => !isV6(ip.address)).flatMap((ip) => ip.address ?? []),
    fixedIp6s: ips.filter((ip) => isV6(ip.address)).flatMap((ip) => ip.address ?? []),
    floatingIps: ips.flatMap((ip) => ip.floatingIps.flatMap((floating) => floating.address ?? [])),
  };
}

/** `ec2/<version>/meta-data.json`: fields appear with the version that introduced them (Nova's `get_ec2_metadata`). */
export function ec2Metadata(request: MetadataRequest, version: Ec2Version, hostname: string): Json {
  const ips = ec2IpInfo(request.networkInfo);
  const ids = request.ec2Ids ?? {};
  const since = (first: Ec2Version, fields: Record<string, Json>) => (atLeast(version, first) ? fields : {});
  return {
    'ami-id': ids.amiId ?? null,
    'ami-launch-index': request.launchIndex ?? 0,
    'ami-manifest-path': 'FIXME',
    'instance-id': ids.instanceId ?? `i-${request.instance.id.toString(16).padStart(8, '0')}`,
    hostname,
    'local-ipv4': ips.fixedIps[0] ?? null,
    'reservation-id': request.reservationId ?? null,
    'security-groups': request.securityGroups ?? ['default'],
    ...publicKeys(request),
    ...since('2007-01-19', {
      'local-hostname': hostname,
      'public-hostname': hostname,
      'public-ipv4': ips.floatingIps[0] ?? '',
    }),
    ...since('2007-08-29', { 'instance-type': request.instance.flavor.name }),
    ...since('2007-12-15', {
      'block-device-mapping': blockDeviceMapping(request),
      ...(ids.kernelId ? { 'kernel-id': ids.kernelId } : {}),
      ...(ids.ramdiskId ? { 'ramdisk-id': ids.ramdiskId } : {}),
    }),
    ...since('2008-02-01', { placement: { 'availability-zone': request.availabilityZone ?? null } }),
    ...since('2008-09-01', { 'instance-action': 'none' }),
  };
}

function publicKeys({ ec2Key, keypairs }: MetadataRequest): Record<string, Json> {
  const key = ec2Key === undefined ? keypairs?.[0] : ec2Key;
  if (!key) return {};
  return { 'public-keys': { '0': { _name: `0=${key.name}`, 'openssh-key': key.publicKey } } };
}

/** Device names by EC2's words (Nova's `instance_block_mapping`). */
function blockDeviceMapping(request: MetadataRequest): Record<string, Json> {
  const root = request.instance.rootDeviceName;
  if (root === undefined) return { ami: 'sda1', ephemeral0: 'sda2', root: '/dev/sda1', swap: 'sda3' };
  const devices = request.blockDevices ?? [];
  const volumes = devices.filter((device) => device.destinationType === 'volume').map(nameOf);
  const blanks = devices.filter((device) => device.destinationType !== 'volume' && device.sourceType === 'blank');
  const swap = blanks.findLast((device) => device.guestFormat === 'swap');
  const ephemerals = blanks.filter((device) => device.guestFormat !== 'swap');
  return {
    ami: root.replace(/^\/dev\//, ''),
    root,
    ...(request.defaultEphemeralDevice ? { ephemeral0: request.defaultEphemeralDevice } : {}),
    ...(request.defaultSwapDevice ? { swap: request.defaultSwapDevice } : {}),
    ...Object.fromEntries(volumes.sort(nullFirst).map((name, index) => [`ebs${index}`, name])),
    ...(swap ? { swap: nameOf(swap) } : {}),
    ...Object.fromEntries(ephemerals.map((device, index) => [`ephemeral${index}`, nameOf(device)])),
  };
}

function nameOf(device: MappedDevice): string | null {
  return device.deviceName ?? null;
}

function nullFirst(one: string | null, other: string | null): number {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  return one < other ? -1 : Number(one > other);
}

function isV6(address: string | undefined): boolean {
  return address?.includes(':') ?? false;
}

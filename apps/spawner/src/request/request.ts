import { randomBytes, randomUUID } from 'node:crypto';
import {
  type BlockDeviceInfo,
  type Instance,
  noBlockDevices,
  parseImageMeta,
  parseInstance,
  parseNetworkInfo,
  type ImageMeta,
  type IpVersion,
  type Subnet,
  type Vif,
} from '@spawnkit/instance';
import type { SecurityGroupRule } from '@spawnkit/vif';
import type { InstanceFirewall } from '../firewall/instance-firewall.ts';
import type { VolumeKeyTable } from '../volumes/wanted-volumes.ts';
import type { AttachedDevice } from './attached.ts';
import { securityGroupRulesOf } from './security-groups-of-spec.ts';
import { volumesOfSpec } from './volumes-of-spec.ts';
import { SpawnerError } from '../errors.ts';
import { type RequestSource, sourceOf } from './request-source.ts';
import type { SpecFile } from '../spec/read-spec.ts';
import { type CanonicalSpec, canonicalSpec } from '../spec/canonical-spec.ts';
import type { Spec, SpecImage, SpecNetwork, SpecPort } from '../spec/schema.ts';
import { formatSize } from '../spec/units.ts';

const MiB = 1n << 20n;
const GiB = 1n << 30n;

/** One instance asked for, complete: identity chosen, sources absolute, everything in Nova's terms. */
export interface SpawnRequest {
  readonly instance: Instance;
  /** Name of the domain; also `instance.displayName`. */
  readonly name: string;
  readonly imageMeta: ImageMeta;
  readonly image?: RequestSource | undefined;
  readonly kernel?: { readonly kernel: RequestSource; readonly ramdisk?: RequestSource | undefined } | undefined;
  readonly networkInfo: readonly Vif[];
  /** For each VIF, in their order. */
  readonly vifWishes?: readonly VifWish[] | undefined;
  /** Of all its security groups; undefined: nobody filters by rules. */
  readonly securityGroupRules?: readonly SecurityGroupRule[] | undefined;
  /** What filters its traffic, once that is decided. */
  readonly firewall?: InstanceFirewall | undefined;
  /** What is secret in the connection info of volumes is sealed. */
  readonly blockDeviceInfo: BlockDeviceInfo;
  readonly volumeKeys?: VolumeKeyTable | undefined;
  /** Exact size of the root disk; undefined takes the image's. */
  readonly rootDiskBytes?: bigint | undefined;
  /** How the guest learns what it is. */
  readonly seed: Spec['seed'];
  readonly virtType?: 'auto' | 'kvm' | 'qemu' | 'lxc' | undefined;
  /** Public SSH keys, one line each. */
  readonly keys: readonly string[];
  readonly userData?: string | undefined;
  readonly files: readonly { readonly path: string; readonly content: string }[];
  /** Ports of this host that lead into the guest, through its first VIF of the type `user`. */
  readonly ports?: readonly SpecPort[] | undefined;
  /** The specification that it was made from, to tell whether another one asks for the same. */
  readonly spec?: CanonicalSpec | undefined;
  /** Devices given to it since it was made. */
  readonly attached?: readonly AttachedDevice[] | undefined;
  /** Who logs in, as far as a catalogue knows. */
  readonly loginUser?: string | undefined;
  /** Of the instances that `apply` made together, and prunes when they are wanted no more. */
  readonly set?: string | undefined;
}

/** What is wanted of a VIF that Nova's network info has no word for. */
export interface VifWish {
  readonly filter?: boolean | undefined;
  readonly hairpin?: boolean | undefined;
}

/**
 * The request that a specification asks for. MAC addresses and ids that it leaves open are chosen here, at random.
 * Throws {@link SpawnerError} `USAGE` for a source that is neither a path nor an http(s) address.
 */
export function requestFromSpec({ spec, directory }: SpecFile): SpawnRequest {
  const image = spec.image && { ...checksumOf(spec.image), source: sourceOf(spec.image.source, directory) };
  const networkInfo = parseNetworkInfo(
    spec.networks.map((network) => vifOf(network, { injected: spec.seed === 'injection' })),
  );
  const { blockDeviceMapping, volumeKeys } = volumesOfSpec({ spec, directory });
  return {
    name: spec.name,
    instance: instanceOf(spec),
    imageMeta: imageMetaOf(spec),
    image,
    kernel: spec.kernel && {
      kernel: { source: sourceOf(spec.kernel.source, directory) },
      ramdisk: spec.kernel.ramdisk ? { source: sourceOf(spec.kernel.ramdisk, directory) } : undefined,
    },
    networkInfo,
    vifWishes: spec.networks.map(wishOf),
    securityGroupRules: spec.securityGroups?.map(securityGroupRulesOf),
    blockDeviceInfo: { ...blockDevicesOf(spec), blockDeviceMapping },
    volumeKeys,
    rootDiskBytes: spec.flavor.disk,
    seed: seedOf(spec),
    virtType: spec.virtType,
    keys: spec.keys,
    userData: spec.userData,
    files: spec.files,
    ports: forwardsOf(spec),
    spec: canonicalSpec({ spec, directory }),
  };
}

function forwardsOf({ ports, networks, name }: Spec): readonly SpecPort[] {
  if (ports.length === 0 || networks.some((network) => 'user' in network)) return ports;
  throw new SpawnerError('USAGE', `"${name}" has ports, and no network through which they could lead into the guest`, {
    fix: 'Add `user: true` to its networks; on other networks the guest has an address of its own.',
  });
}

function instanceOf(spec: Spec): Instance {
  const { flavor } = spec;
  const memoryMb = wholeUnits('flavor.memory', flavor.memory, MiB, 'MiB');
  const rootGb = Number(((flavor.disk ?? 0n) + GiB - 1n) / GiB);
  const ephemeralGb = wholeUnits('flavor.ephemeral', flavor.ephemeral ?? 0n, GiB, 'GiB');
  const swap = wholeUnits('flavor.swap', flavor.swap ?? 0n, MiB, 'MiB');
  const size = { vcpus: flavor.vcpus, memoryMb, rootGb, ephemeralGb };
  return parseInstance({
    ...size,
    id: 0,
    uuid: randomUUID(),
    displayName: spec.name,
    hostname: spec.hostname ?? spec.name,
    imageRef: spec.image ? spec.image.source : '',
    kernelId: spec.kernel ? 'kernel' : '',
    ramdiskId: spec.kernel?.ramdisk ? 'ramdisk' : '',
    configDrive: hasDrive(spec.seed) ? 'True' : '',
    metadata: spec.metadata,
    flavor: { ...size, name: `${spec.name}-flavor`, swap, extraSpecs: { ...flavor.extraSpecs, ...extraSpecsOf(spec) } },
  });
}

/** Whether a guest is told by a drive of its own. */
export function hasDrive(seed: Spec['seed']): boolean {
  return seed === 'config-drive' || seed === 'nocloud';
}

/** Throws where the guest would never see what the specification tells it. */
function seedOf({ name, seed, userData, files, keys }: Spec): Spec['seed'] {
  const given = { userData: userData !== undefined, files: files.length > 0, keys: keys.length > 0 };
  const lost = lostBy[seed].filter((key) => given[key]);
  if (lost.length === 0) return seed;
  throw new SpawnerError('USAGE', `"${name}" has ${lost.join(' and ')}, which \`seed: ${seed}\` does not carry`, {
    fix: 'Choose `seed: config-drive`, which carries everything.',
    context: { name, seed },
  });
}

/** What does not reach the guest. cloud-init's NoCloud knows no files beside those that user data writes. */
const lostBy: Readonly<Record<Spec['seed'], readonly ('userData' | 'files' | 'keys')[]>> = {
  'config-drive': [],
  nocloud: ['files'],
  injection: ['userData'],
  none: ['userData', 'files', 'keys'],
};

function extraSpecsOf({ placement: { dedicatedCpus, numaNodes, hugePages } }: Spec): Record<string, string> {
  return {
    ...(dedicatedCpus === undefined ? {} : { 'hw:cpu_policy': dedicatedCpus ? 'dedicated' : 'shared' }),
    ...(numaNodes === undefined ? {} : { 'hw:numa_nodes': String(numaNodes) }),
    // In KiB, as Nova reads a number without a unit.
    ...(hugePages === undefined ? {} : { 'hw:mem_page_size': String(hugePages / 1024n) }),
  };
}

function imageMetaOf(spec: Spec): ImageMeta {
  return parseImageMeta({
    ...(spec.image ? { id: randomUUID(), diskFormat: spec.image.format } : {}),
    properties: {
      ...spec.image?.properties,
      ...(spec.machine ? { hw_machine_type: spec.machine } : {}),
      ...(spec.firmware ? { hw_firmware_type: spec.firmware === 'bios' ? 'bios' : 'uefi' } : {}),
      ...(spec.firmware === 'uefi-secure' ? { os_secure_boot: 'required' } : {}),
      ...(spec.tpm ? { hw_tpm_version: '2.0' } : {}),
      ...(spec.kernel?.commandLine ? { os_command_line: spec.kernel.commandLine } : {}),
    },
  });
}

function blockDevicesOf({ flavor }: Spec): BlockDeviceInfo {
  if (!flavor.swap) return noBlockDevices;
  return { ...noBlockDevices, swap: { swapSize: Number(flavor.swap / MiB) } };
}

function checksumOf(image: SpecImage): Pick<RequestSource, 'checksum'> {
  if (image.sha512) return { checksum: { algorithm: 'sha512', hex: image.sha512.toLowerCase() } };
  if (image.sha256) return { checksum: { algorithm: 'sha256', hex: image.sha256.toLowerCase() } };
  return {};
}

function wishOf(network: SpecNetwork): VifWish {
  return 'user' in network ? {} : { filter: network.filter, hairpin: network.hairpin };
}

/**
 * A VIF of Nova's network info for a network of a specification; what that leaves open is chosen here, at random. A guest
 * learns of an `injected` one by a file in its own disk.
 */
export function vifOf(
  network: SpecNetwork,
  { injected = false }: { readonly injected?: boolean } = {},
): Record<string, unknown> {
  const common = { id: randomUUID(), address: network.mac?.toLowerCase() ?? randomMac(), vnicType: 'normal' };
  if ('user' in network) {
    return { ...common, type: 'user', network: { id: randomUUID(), label: 'user' } };
  }
  const { type, name, details, ...rest } = backendOf(network);
  return {
    ...common,
    ...rest,
    type,
    ...(details ? { details } : {}),
    network: {
      id: randomUUID(),
      label: name,
      bridge: name,
      // Without a subnet the guest is told to ask DHCP; addresses come from whoever answers it there.
      subnets: network.address.map((address) => staticSubnet(network, address)),
      meta: { ...(network.mtu && { mtu: network.mtu }), ...(injected && { injected }) },
    },
  };
}

interface Backend {
  readonly type: 'network' | 'bridge' | 'ovs' | 'macvtap';
  readonly name: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly ovsInterfaceid?: string;
}

/** What the VIF is connected to. */
function backendOf(network: AddressedNetwork): Backend {
  if ('network' in network) return { type: 'network', name: network.network };
  if ('bridge' in network) return { type: 'bridge', name: network.bridge };
  if ('ovs' in network) return { type: 'ovs', name: network.ovs, ovsInterfaceid: randomUUID() };
  return {
    type: 'macvtap',
    name: network.macvtap,
    details: { macvtap_source: network.macvtap, macvtap_mode: 'bridge' },
  };
}

type AddressedNetwork = Exclude<SpecNetwork, { user: true }>;

function staticSubnet({ gateway, dns }: AddressedNetwork, cidr: string): Partial<Subnet> {
  const address = cidr.slice(0, cidr.indexOf('/'));
  const version = versionOf(address);
  const ofVersion = (one: string) => versionOf(one) === version;
  const router = gateway.find(ofVersion);
  return {
    cidr,
    version,
    ips: [{ address, version, type: 'fixed', floatingIps: [] }],
    dns: dns.filter(ofVersion).map((server) => ({ address: server, version, type: 'dns' })),
    ...(router ? { gateway: { address: router, version, type: 'gateway' } } : {}),
  };
}

function versionOf(address: string): IpVersion {
  return address.includes(':') ? 6 : 4;
}

/** QEMU's and libvirt's prefix, which no hardware carries. */
function randomMac(): string {
  return ['52:54:00', ...[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

/** Nova counts in whole units; rounding would give another size than was asked for. */
function wholeUnits(key: string, bytes: bigint, unit: bigint, name: string): number {
  if (bytes % unit === 0n) return Number(bytes / unit);
  throw new SpawnerError('USAGE', `${key}: ${formatSize(bytes)} (${bytes} bytes) is not a whole number of ${name}`, {
    fix: `Use ${((bytes + unit - 1n) / unit).toString()}${name}.`,
  });
}

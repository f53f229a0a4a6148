import { randomBytes, randomUUID } from 'node:crypto';
import {
  type BlockDeviceInfo,
  type Instance,
  noBlockDevices,
  parseImageMeta,
  parseInstance,
  parseNetworkInfo,
  type ImageMeta,
  type Subnet,
  type Vif,
} from '@spawnkit/instance';
import type { AttachedDevice } from './attached.ts';
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
  readonly blockDeviceInfo: BlockDeviceInfo;
  /** Exact size of the root disk; undefined takes the image's. */
  readonly rootDiskBytes?: bigint | undefined;
  readonly configDrive: boolean;
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

/**
 * The request that a specification asks for. MAC addresses and ids that it leaves open are chosen here, at random.
 * Throws {@link SpawnerError} `USAGE` for a source that is neither a path nor an http(s) address.
 */
export function requestFromSpec({ spec, directory }: SpecFile): SpawnRequest {
  const image = spec.image && { ...checksumOf(spec.image), source: sourceOf(spec.image.source, directory) };
  const networkInfo = parseNetworkInfo(spec.networks.map(vifOf));
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
    blockDeviceInfo: blockDevicesOf(spec),
    rootDiskBytes: spec.flavor.disk,
    configDrive: spec.configDrive,
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
    configDrive: spec.configDrive ? 'True' : '',
    metadata: spec.metadata,
    flavor: { ...size, name: `${spec.name}-flavor`, swap, extraSpecs: flavor.extraSpecs },
  });
}

function imageMetaOf(spec: Spec): ImageMeta {
  return parseImageMeta({
    ...(spec.image ? { id: randomUUID(), diskFormat: spec.image.format } : {}),
    properties: {
      ...spec.image?.properties,
      ...(spec.machine ? { hw_machine_type: spec.machine } : {}),
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

/** A VIF of Nova's network info for a network of a specification; what that leaves open is chosen here, at random. */
export function vifOf(network: SpecNetwork): Record<string, unknown> {
  const common = { id: randomUUID(), address: network.mac?.toLowerCase() ?? randomMac(), vnicType: 'normal' };
  if ('user' in network) {
    return { ...common, type: 'user', network: { id: randomUUID(), label: 'user' } };
  }
  const name = 'network' in network ? network.network : network.bridge;
  return {
    ...common,
    type: 'network' in network ? 'network' : 'bridge',
    network: {
      id: randomUUID(),
      label: name,
      bridge: name,
      // Without a subnet the guest is told to ask DHCP; addresses come from whoever answers it there.
      subnets: network.address ? [staticSubnet(network, network.address)] : [],
      meta: network.mtu ? { mtu: network.mtu } : {},
    },
  };
}

function staticSubnet(network: Exclude<SpecNetwork, { user: true }>, cidr: string): Partial<Subnet> {
  const address = cidr.slice(0, cidr.indexOf('/'));
  return {
    cidr,
    version: 4,
    ips: [{ address, version: 4, type: 'fixed', floatingIps: [] }],
    dns: network.dns.map((server) => ({ address: server, version: 4, type: 'dns' })),
    ...(network.gateway ? { gateway: { address: network.gateway, version: 4, type: 'gateway' } } : {}),
  };
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

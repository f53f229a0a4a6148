import type { DiskInfo } from '@spawnkit/blockinfo';
import type { Disk, DiskDriver } from '@spawnkit/guest-config';
import type { VolumeMapping } from '@spawnkit/instance';
import type { CacheMode } from './config.ts';
import type { DiskAuth, DiskSource, NetworkDiskSource } from './disk-source.ts';
import { flavorIoTune, volumeTuning } from './disk-tuning.ts';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isQemu } from './guest-policy.ts';

/** One disk: where it sits, where its bytes are, and what else is known of it. */
export interface DiskPlan {
  readonly name: string;
  readonly info: DiskInfo;
  readonly source: DiskSource;
  /** The entry of the block device info, for a volume. */
  readonly volume?: VolumeMapping;
  /** Number on the virtio-scsi controller. */
  readonly unit?: number | undefined;
  /** Boots before what the boot order says. */
  readonly bootsFirst?: boolean;
}

/** One disk of a guest. Follows Nova's `libvirt_info` and `LibvirtBaseVolumeDriver.get_config`. Throws as `guestStorage`. */
export function designDisk(policy: GuestPolicy, plan: DiskPlan): Disk {
  const { info, source, volume, unit } = plan;
  const tuning = volume ? volumeTuning(volume) : { iotune: flavorIoTune(policy) };
  const { discard, serial, ...rest } = tuning;
  return {
    ...sourceOf(plan),
    device: info.type,
    driver: driverOf(policy, plan, { discard: discard ?? source.discard, shareable: tuning.shareable === true }),
    target: { dev: deviceName(plan), bus: info.bus },
    // A LUN shows the guest its own serial number; libvirt refuses another.
    ...(info.type !== 'lun' && { serial }),
    ...rest,
    ...(source.luksSecretUuid !== undefined && {
      encryption: { format: 'luks', secrets: [{ type: 'passphrase', uuid: source.luksSecretUuid }] },
    }),
    ...(plan.bootsFirst && { boot: { order: 1 } }),
    ...(unit !== undefined && info.bus === 'scsi' && { address: { type: 'drive', controller: 0, unit } }),
  };
}

function deviceName({ name, info }: DiskPlan): string {
  if (info.dev !== undefined) return info.dev;
  const message = `The disk "${name}" has no device name, so that it cannot be attached to a container.`;
  const fix = 'Mount it below the root instead.';
  throw new DesignerError('DISK_SOURCE_INVALID', message, { context: { name }, fix });
}

function sourceOf({ name, source }: DiskPlan): Disk {
  if (source.type === 'file') return { type: 'file', source: { file: source.path } };
  if (source.type === 'block') return { type: 'block', source: { dev: source.path } };
  return networkDisk(name, source);
}

function networkDisk(name: string, source: NetworkDiskSource): Disk {
  const { protocol, name: image, hosts, auth } = source;
  return {
    type: 'network',
    source: { protocol, name: image, hosts },
    ...(auth && { auth: authOf(name, auth) }),
  };
}

function authOf(name: string, { username, secretType, secretUuid }: DiskAuth) {
  if (username && secretUuid) return { username, secret: { type: secretType, uuid: secretUuid } };
  const message = `The disk "${name}" has a secret and no user, or a user and no secret.`;
  const fix = 'Configure both the user and the UUID of its libvirt secret.';
  throw new DesignerError('DISK_SOURCE_INVALID', message, { context: { name, username }, fix });
}

function driverOf(
  policy: GuestPolicy,
  plan: DiskPlan,
  options: { readonly discard: DiskDriver['discard']; readonly shareable: boolean },
): DiskDriver {
  const { source, volume } = plan;
  const cache = options.shareable ? 'none' : cacheMode(policy, plan);
  // Nova leaves QEMU's name out of its own network disks.
  const named = isQemu(policy) && (source.type !== 'network' || volume !== undefined);
  return {
    ...(named && { name: 'qemu' }),
    type: source.format,
    cache,
    discard: options.discard,
    io: driverIo(source, cache),
  };
}

/** The rescue disk beside all others is no matter of the configuration, as in Nova. */
function cacheMode({ config, host }: GuestPolicy, { source, volume, bootsFirst }: DiskPlan): CacheMode {
  const uncached = volume !== undefined || host.supportsDirectIo;
  const configured = bootsFirst ? undefined : config.diskCachemodes[source.type];
  return configured ?? source.driverCache ?? (uncached ? 'none' : 'writeback');
}

/** libvirt refuses native I/O with a cache that does not use O_DIRECT. */
function driverIo({ driverIo }: DiskSource, cache: CacheMode): DiskDriver['io'] {
  return driverIo === 'native' && cache !== 'none' && cache !== 'directsync' ? 'threads' : driverIo;
}

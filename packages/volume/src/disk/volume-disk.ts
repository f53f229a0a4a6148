import type { Disk, DiskDriver } from '@spawnkit/guest-config';
import { driverOf } from '../drivers.ts';
import type { CacheMode, VolumeConfig } from '../volume-config.ts';
import { diskTuning } from './disk-tuning.ts';
import { type ConnectedSource, type VolumeSource, volumeSource } from './volume-source.ts';

/** Where a guest has the disk. */
export interface DiskPlace {
  readonly bus: string;
  /** `vdb`, `sda`, … */
  readonly dev: string;
  readonly type: 'disk' | 'cdrom' | 'floppy' | 'lun';
  /** Number on the virtio-scsi controller. */
  readonly unit?: number | undefined;
}

export interface VolumeDiskOptions {
  readonly config: VolumeConfig;
  /** The guest's memory is encrypted: its virtio devices go through an IOMMU. */
  readonly iommu?: boolean | undefined;
}

/**
 * A connected volume as a disk of a guest, to be attached to one that runs or put into a definition. Follows `get_config` of
 * Nova's volume drivers, QoS limits that libvirt refuses together and the serial of a LUN included. Throws
 * `INVALID_CONNECTION_INFO` and `VOLUME_TYPE_UNKNOWN`.
 */
export function volumeDisk(
  connected: ConnectedSource,
  { bus, dev, type, unit }: DiskPlace,
  { config, iommu = false }: VolumeDiskOptions,
): Disk {
  const { connectionInfo, luksSecretUuid } = connected;
  const { discard, ...tuning } = diskTuning(connectionInfo);
  return {
    ...sourceOf(connected, config),
    device: type,
    driver: {
      ...driverElement(connected, config, tuning.shareable === true),
      ...(discard && { discard }),
      ...(iommu && { iommu: true }),
    },
    target: { dev, bus },
    ...tuning,
    ...(luksSecretUuid !== undefined && {
      encryption: { format: 'luks', secrets: [{ type: 'passphrase', uuid: luksSecretUuid }] },
    }),
    ...(unit !== undefined && bus === 'scsi' && { address: { type: 'drive', controller: 0, unit } }),
  };
}

/** The part of a disk that says where its bytes are. */
function sourceOf(connected: ConnectedSource, config: VolumeConfig): Disk {
  if (connected.connectionInfo.driverVolumeType === 'fake') return fakeSource;
  const source = volumeSource(connected, config);
  if (source.type === 'file') return { type: 'file', source: { file: source.path } };
  if (source.type === 'block') return { type: 'block', source: { dev: source.path } };
  const { protocol, name, hosts, auth } = source;
  return {
    type: 'network',
    source: { protocol, name, hosts, ...(protocol === 'nfs' && nfsIdentity(connected)) },
    ...(auth && { auth: { username: auth.username, secret: { type: auth.secretType, uuid: auth.secretUuid } } }),
  };
}

/** Nova's driver for its own tests; libvirt knows no such protocol. */
const fakeSource: Disk = {
  type: 'network',
  $extra: { kids: [{ name: 'source', attrs: { protocol: 'fake', name: 'fake' } }] },
};

/** Who QEMU is on the NFS server, unless it is the user that QEMU runs as. */
function nfsIdentity({ connectionInfo: { data } }: ConnectedSource) {
  const { user, group } = data;
  if (typeof user !== 'string' || typeof group !== 'string') return {};
  return { identity: { user, group } };
}

function driverElement(connected: ConnectedSource, config: VolumeConfig, shareable: boolean): DiskDriver {
  const { format, io } = openingOf(connected, config);
  const { source, cache } = driverOf(connected.connectionInfo);
  const kind = connected.unlockedPath === undefined ? source : 'block';
  const mode = shareable ? 'none' : (config.diskCachemodes[kind] ?? cache);
  const isQemu = config.virtType === 'kvm' || config.virtType === 'qemu';
  return { ...(isQemu && { name: 'qemu' }), type: format, cache: mode, ...(io && { io: ioOf(mode) }) };
}

function openingOf(connected: ConnectedSource, config: VolumeConfig): Pick<VolumeSource, 'format'> & { io: boolean } {
  if (connected.connectionInfo.driverVolumeType === 'fake') return { format: 'raw', io: false };
  const { format, driverIo } = volumeSource(connected, config);
  return { format, io: driverIo === 'native' };
}

/** Native I/O needs a cache mode that uses O_DIRECT. */
function ioOf(mode: CacheMode): DiskDriver['io'] {
  return mode === 'none' || mode === 'directsync' ? 'native' : 'threads';
}

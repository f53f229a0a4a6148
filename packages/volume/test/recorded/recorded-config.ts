import { join } from 'node:path';
import {
  type CacheMode,
  createNfsConnector,
  createQuobyteConnector,
  createSmbfsConnector,
  createVzstorageConnector,
  defaultVolumeConfig,
  passiveConnector,
  type VolumeConfig,
  type VolumeConnector,
} from '../../src/index.ts';
import type { VolumeInput } from './recorded-case.ts';
import type { RecordedHost } from './recorded-host.ts';

interface Places {
  /** In the place of /var/lib/nova/mnt. */
  readonly base: string;
  readonly directory: string;
}

/** The configuration of a recorded case: Nova's defaults and the options that differ. */
export function recordedConfig({ config = {} }: VolumeInput, base: string): VolumeConfig {
  return {
    ...defaultVolumeConfig,
    virtType: textOf(config['libvirt.virt_type']) ?? defaultVolumeConfig.virtType,
    diskCachemodes: cacheModes(config['libvirt.disk_cachemodes']),
    rbdUser: textOf(config['libvirt.rbd_user']),
    rbdSecretUuid: textOf(config['libvirt.rbd_secret_uuid']),
    quobyteMountPointBase: base,
  };
}

/** The connectors of a recorded host: recorders where Nova calls os-brick, our own where Nova itself mounts. */
export function recordedConnectors(
  input: VolumeInput,
  host: RecordedHost,
  { base, directory }: Places,
): Readonly<Record<string, VolumeConnector>> {
  const { config = {}, systemd = true, mount_st_size: size = 0 } = input;
  const share = {
    exec: host.exec,
    mounts: host.mounts,
    mountPointBase: base,
    holdsPath: join(directory, 'holds'),
    locksPath: join(directory, 'locks'),
  };
  // Nova leaves the mount points of these.
  const kept = { ...share, keepMountPoint: true };
  const byRecorder = {
    iscsi: 'ISCSI',
    iser: 'ISER',
    fibre_channel: 'FIBRE_CHANNEL',
    nvmeof: 'NVME',
    lightos: 'LIGHTOS',
    scaleio: 'SCALEIO',
    storpool: 'STORPOOL',
  };
  const recorders = Object.entries(byRecorder).map(([type, protocol]) => [type, host.connector(protocol)] as const);
  const passive = ['local', 'gpfs', 'rbd', 'fake'].map((type) => [type, passiveConnector] as const);
  return {
    ...(input.unsupported_connector ? {} : Object.fromEntries(recorders)),
    ...Object.fromEntries(passive),
    nfs: createNfsConnector({ ...share, nfsMountOptions: textOf(config['libvirt.nfs_mount_options']) }),
    smbfs: createSmbfsConnector({ ...kept, smbfsMountOptions: textOf(config['libvirt.smbfs_mount_options']) }),
    quobyte: createQuobyteConnector({
      ...kept,
      systemd,
      quobyteClientCfg: textOf(config['libvirt.quobyte_client_cfg']),
      sizeOf: async () => size,
    }),
    ...(input.connection_info['driver_volume_type'] === 'vzstorage' && { vzstorage: vzstorage(config, host) }),
  };
}

/** Made only where it is used: wrong options are refused when it is made. */
function vzstorage(config: NonNullable<VolumeInput['config']>, host: RecordedHost): VolumeConnector {
  const option = (name: string) => textOf(config[`libvirt.vzstorage_${name}`]);
  const words: unknown = config['libvirt.vzstorage_mount_opts'];
  return createVzstorageConnector({
    mountUser: option('mount_user'),
    mountGroup: option('mount_group'),
    mountPerms: option('mount_perms'),
    logPath: option('log_path'),
    cachePath: option('cache_path'),
    mountOpts: Array.isArray(words) ? words.map(String) : [],
    mounter: host.connector('VZSTORAGE'),
  });
}

/** `file=none` and so on; Nova ignores modes and kinds that it does not know. */
function cacheModes(entries: unknown): VolumeConfig['diskCachemodes'] {
  const modes: readonly CacheMode[] = ['none', 'writethrough', 'writeback', 'directsync', 'unsafe', 'default'];
  const kinds = ['file', 'block', 'network', 'mount'];
  const pairs = (Array.isArray(entries) ? entries : []).map((entry) => String(entry).split('=', 2));
  const known = pairs.flatMap(([kind = '', name]) => {
    const mode = modes.find((one) => one === name);
    return mode && kinds.includes(kind) ? [[kind, mode] as const] : [];
  });
  return Object.fromEntries(known);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

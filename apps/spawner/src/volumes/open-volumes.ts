import { join } from 'node:path';
import type { Exec } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import {
  createCryptsetup,
  createFibreChannelConnector,
  createIscsiConnector,
  createIserConnector,
  createLightosConnector,
  createNfsConnector,
  createNvmeConnector,
  createQemuConnector,
  createQuobyteConnector,
  createScaleioConnector,
  createSmbfsConnector,
  createStorpoolConnector,
  createVzstorageConnector,
  defaultVolumeConfig,
  type DeviceOptions,
  libvirtSecrets,
  openVolumes,
  passiveConnector,
  pstorageConnector,
  type VolumeConfig,
  type VolumeConnector,
  type Volumes,
} from '@spawnkit/volume';
import type { Host } from '../host.ts';
import { volumeKeys } from './volume-keys.ts';
import type { VolumeSettings } from './volume-settings.ts';

/** What connecting volumes works with. */
export interface VolumeAccess {
  readonly host: Pick<Host, 'paths' | 'clock' | 'log'>;
  /** Of today, or of the day on which the volume was connected. */
  readonly settings: VolumeSettings;
  readonly exec: Exec;
  readonly conn: Connection;
}

/** The volumes of this host, of every type that `@spawnkit/volume` has a connector for. Touches nothing yet. */
export function openHostVolumes(access: VolumeAccess): Volumes {
  const { host, settings, exec, conn } = access;
  const secrets = libvirtSecrets(conn);
  return openVolumes({
    ...places(host),
    log: host.log,
    connectors: {
      ...passive,
      ...deviceConnectors(access),
      ...shareConnectors(access),
      qemu: createQemuConnector({ secrets }),
    },
    secrets,
    encryptor: createCryptsetup({ exec }),
    keys: volumeKeys(settings),
  });
}

/** How a volume is shown to a guest. */
export function volumeConfigOf(
  { paths }: Pick<Host, 'paths'>,
  settings: VolumeSettings,
  virtType: string,
): VolumeConfig {
  const { rbdUser, rbdSecretUuid, quobyteMountPointBase = mountPoints(paths) } = settings;
  return { ...defaultVolumeConfig, virtType, rbdUser, rbdSecretUuid, quobyteMountPointBase };
}

const passive = { rbd: passiveConnector, local: passiveConnector, gpfs: passiveConnector, fake: passiveConnector };

function deviceConnectors({ host, settings, exec }: VolumeAccess): Readonly<Record<string, VolumeConnector>> {
  const { volumeUseMultipath, numVolumeScanTries } = settings;
  const options: DeviceOptions = {
    ...places(host),
    exec,
    clock: host.clock,
    log: host.log,
    ...(volumeUseMultipath !== undefined && { useMultipath: volumeUseMultipath }),
    ...(numVolumeScanTries !== undefined && { scanAttempts: numVolumeScanTries }),
  };
  return {
    iscsi: createIscsiConnector(options),
    iser: createIserConnector(options),
    fibre_channel: createFibreChannelConnector(options),
    nvmeof: createNvmeConnector(options),
    scaleio: createScaleioConnector(options),
    storpool: createStorpoolConnector(options),
    lightos: createLightosConnector(options),
  };
}

function shareConnectors({ host, settings, exec }: VolumeAccess): Readonly<Record<string, VolumeConnector>> {
  const common = { ...places(host), exec, clock: host.clock, log: host.log };
  const at = (mountPointBase = mountPoints(host.paths)) => ({ ...common, mountPointBase });
  const { nfsMountOptions, smbfsMountOptions, quobyteClientCfg } = settings;
  return {
    nfs: createNfsConnector({ ...at(settings.nfsMountPointBase), nfsMountOptions }),
    smbfs: createSmbfsConnector({ ...at(settings.smbfsMountPointBase), smbfsMountOptions }),
    quobyte: createQuobyteConnector({ ...at(settings.quobyteMountPointBase), quobyteClientCfg }),
    vzstorage: createVzstorageConnector({ mounter: pstorageConnector(at(settings.vzstorageMountPointBase)) }),
  };
}

function places({ paths }: Pick<Host, 'paths'>) {
  return { holdsPath: join(paths.state, 'volumes'), locksPath: paths.locks };
}

function mountPoints({ state }: Host['paths']): string {
  return join(state, 'mnt');
}

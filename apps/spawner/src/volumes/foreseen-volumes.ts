import type { InstanceDiskInfo } from '@spawnkit/blockinfo';
import type { DiskSource } from '@spawnkit/guest-designer';
import type { ConnectionInfo } from '@spawnkit/instance';
import { encryptionFormat, volumeSource } from '@spawnkit/volume';
import type { Host } from '../host.ts';
import type { SpawnRequest } from '../request/request.ts';
import { volumeConfigOf } from './open-volumes.ts';
import type { WantedVolume } from './volume-parts.ts';
import { wantedVolumes } from './wanted-volumes.ts';

/** What connecting decides, in a plan. */
const DEVICE = '/dev/disk/chosen-when-connected';
const SECRET = '00000000-0000-4000-8000-000000000000';

/** Where the guest would find its volumes, as far as that is known before they are connected; by name. */
export function foreseenVolumes(
  { paths, settings }: Pick<Host, 'paths' | 'settings'>,
  request: SpawnRequest,
  disks: Pick<InstanceDiskInfo, 'blockDeviceInfo'>,
  virtType: string,
): ReadonlyMap<string, DiskSource> {
  const config = volumeConfigOf({ paths }, settings, virtType);
  const sources = wantedVolumes(request, disks).map(
    (volume) => [volume.name, volumeSource(foreseen(volume), config)] as const,
  );
  return new Map<string, DiskSource>(sources);
}

/** A volume in words, without secrets: `rbd volume volumes/web`. */
export function shownVolume(connectionInfo: ConnectionInfo | undefined): string {
  if (!connectionInfo) return 'volume';
  const { driverVolumeType: type, data } = connectionInfo;
  const kind = type === 'qemu' && typeof data['protocol'] === 'string' ? data['protocol'] : type;
  const texts = [data['name'], data['target_iqn'], data['export'], data['device_path'], connectionInfo.serial];
  const what = texts.find((text) => typeof text === 'string' && text !== '');
  return `${kind} volume${typeof what === 'string' ? ` ${what}` : ''}`;
}

function foreseen({ connectionInfo, encryption }: WantedVolume) {
  const { data } = connectionInfo;
  const found = { device_path: DEVICE, auth_secret_uuid: SECRET };
  return {
    connectionInfo: { ...connectionInfo, data: { ...found, ...data } },
    ...(encryption && encryptionFormat(encryption) === 'luks' && { luksSecretUuid: SECRET }),
  };
}

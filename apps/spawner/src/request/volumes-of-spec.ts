import { resolve } from 'node:path';
import { type ConnectionInfo, parseBlockDeviceInfo, type VolumeMapping } from '@spawnkit/instance';
import { namedUuid } from '@spawnkit/libvirt';
import { volumeIdOf, withoutSecrets } from '@spawnkit/volume';
import { SpawnerError } from '../errors.ts';
import type { SpecFile } from '../spec/read-spec.ts';
import type { SpecVolume } from '../spec/volume-schema.ts';
import { keyIdOfFile } from '../volumes/volume-keys.ts';
import type { VolumeKeys, VolumeKeyTable } from '../volumes/wanted-volumes.ts';

/** The volumes of a specification in Nova's terms. */
export interface VolumesOfSpec {
  readonly blockDeviceMapping: readonly VolumeMapping[];
  readonly volumeKeys: VolumeKeyTable;
}

/** Throws {@link SpawnerError} `USAGE` for two volumes to boot from, or one beside an image. */
export function volumesOfSpec({ spec, directory }: SpecFile): VolumesOfSpec {
  const volumes = spec.volumes.map((volume) => ({ volume, connectionInfo: connectionOf(volume, directory) }));
  const roots = volumes.filter(({ volume }) => bootIndexOf(volume) === 0);
  if (roots.length > 1) throw refused(spec.name, 'two volumes that boot first', 'Let one of them boot.');
  if (roots.length > 0 && spec.image) {
    throw refused(spec.name, 'an image and a volume that boots first', 'Leave one of them out.');
  }
  const keys = volumes.flatMap(({ volume, connectionInfo }) => {
    const found = keysOf(volume, directory);
    return found ? [[volumeIdOf(connectionInfo) ?? '', found] as const] : [];
  });
  return {
    blockDeviceMapping: volumes.map(({ volume, connectionInfo }) => ({
      deleteOnTermination: false,
      connectionInfo,
      ...(volume.device !== undefined && { mountDevice: `/dev/${volume.device}` }),
      ...(volume.bus !== undefined && { diskBus: volume.bus }),
      ...(volume.deviceType !== undefined && { deviceType: volume.deviceType }),
      ...(bootIndexOf(volume) !== undefined && { bootIndex: bootIndexOf(volume) }),
    })),
    volumeKeys: Object.fromEntries(keys),
  };
}

/** What the volume service would hand out for it. The volume has an id, which is equal for equal volumes. */
export function connectionOf(volume: SpecVolume, directory: string): ConnectionInfo {
  const found = 'connection' in volume ? novaConnection(volume.connection) : ofKind(volume, directory);
  const data = { ...found.data, ...(volume.readOnly && { access_mode: 'ro' }) };
  const serial = volume.id ?? volumeIdOf(found) ?? madeId(found);
  return { ...found, serial: found.serial ?? serial, ...(volume.id !== undefined && { volumeId: volume.id }), data };
}

function novaConnection(connection: Readonly<Record<string, unknown>>): ConnectionInfo {
  const [volume] = parseBlockDeviceInfo({ block_device_mapping: [{ connection_info: connection }] }).blockDeviceMapping;
  if (volume?.connectionInfo) return volume.connectionInfo;
  throw new Error('a connection info that was given is there');
}

function ofKind(volume: Exclude<SpecVolume, { connection: unknown }>, directory: string): ConnectionInfo {
  if ('rbd' in volume) return rbd(volume.rbd);
  if ('iscsi' in volume) return qemu(volume.format, { protocol: 'iscsi', ...iscsi(volume.iscsi) });
  if ('nbd' in volume)
    return qemu(volume.format, { protocol: 'nbd', name: volume.nbd.export, ...servers(volume.nbd.server) });
  if ('nfs' in volume) return qemu(volume.format, nfs(volume.nfs));
  if ('http' in volume) return qemu(volume.format, http(new URL(volume.http)));
  const path = resolve(directory, volume.path);
  // Nova's type for files that are there already is the one of a cluster file system.
  return { driverVolumeType: path.startsWith('/dev/') ? 'local' : 'gpfs', data: { device_path: path } };
}

function rbd({ image, monitors, user, secretUuid }: Extract<SpecVolume, { rbd: unknown }>['rbd']): ConnectionInfo {
  const auth = user === undefined ? {} : { auth_enabled: true, auth_username: user, secret_uuid: secretUuid ?? null };
  return { driverVolumeType: 'rbd', data: { name: image, ...servers(...monitors), ...auth } };
}

function iscsi({ portal, iqn, lun, user }: Extract<SpecVolume, { iscsi: unknown }>['iscsi']) {
  return { name: `${iqn}/${lun}`, ...servers(portal), ...(user !== undefined && { auth_username: user }) };
}

function nfs(place: string) {
  const cut = place.indexOf(':/');
  return { protocol: 'nfs', name: place.slice(cut + 1), hosts: [place.slice(0, cut)] };
}

function http({ protocol, hostname, port, pathname, search }: URL) {
  const scheme = protocol.slice(0, -1);
  const host = { hosts: [hostname], ports: [Number(port) || (scheme === 'https' ? 443 : 80)] };
  // Nobody writes to a web server.
  return { protocol: scheme, name: `${pathname}${search}`, ...host, access_mode: 'ro' };
}

function qemu(format: string, data: Readonly<Record<string, unknown>>): ConnectionInfo {
  const given = Object.entries({ ...data, format }).filter(([, value]) => value !== undefined);
  return { driverVolumeType: 'qemu', data: Object.fromEntries(given) };
}

function servers(...endpoints: readonly string[]) {
  const cut = (text: string) => text.lastIndexOf(':');
  return {
    hosts: endpoints.map((one) => one.slice(0, cut(one))),
    ports: endpoints.map((one) => Number(one.slice(cut(one) + 1))),
  };
}

function bootIndexOf({ boot, bootIndex }: SpecVolume): number | undefined {
  return boot ? 0 : bootIndex;
}

function keysOf(volume: SpecVolume, directory: string): VolumeKeys | undefined {
  const { encryption } = volume;
  const file = 'iscsi' in volume ? volume.iscsi.passwordFile : undefined;
  if (!encryption && file === undefined) return undefined;
  return {
    ...(file !== undefined && { passwordFile: resolve(directory, file) }),
    ...(encryption && { encryption: encryptionOf(encryption, directory) }),
  };
}

function encryptionOf(
  { format: provider, key, keyFile = '', cipher, keySize }: NonNullable<SpecVolume['encryption']>,
  directory: string,
): VolumeKeys['encryption'] {
  const encryptionKeyId = key ?? keyIdOfFile(resolve(directory, keyFile));
  return {
    provider,
    controlLocation: 'front-end',
    encryptionKeyId,
    ...(cipher !== undefined && { cipher }),
    ...(keySize !== undefined && { keySize }),
  };
}

/** The same for the same volume. */
function madeId(connectionInfo: ConnectionInfo): string {
  const { driverVolumeType, data } = withoutSecrets(connectionInfo);
  return namedUuid(JSON.stringify([driverVolumeType, data]));
}

function refused(name: string, what: string, fix: string): SpawnerError {
  return new SpawnerError('USAGE', `"${name}" has ${what}`, { fix });
}

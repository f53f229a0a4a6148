import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type DiskMapping, prependDev, unnamedVolume } from '@spawnkit/blockinfo';
import type { BlockDeviceInfo, ConnectionInfo } from '@spawnkit/instance';
import type { DiskAuth, DiskSource, NetworkDiskSource } from '../src/index.ts';
import { type GuestXmlCase, type Json, listOf, recordOf, textOf, textsOf } from './recorded-case.ts';

/** What decides about the sources of a recorded guest. */
export interface RecordedDisks {
  readonly one: GuestXmlCase;
  readonly host: Json;
  readonly instancePath: string;
  readonly uuid: string;
  readonly mapping: DiskMapping;
  readonly blockDeviceInfo: BlockDeviceInfo;
}

/**
 * The sources of all disks of a recorded guest: stands for the image backends and volume drivers, which the recording ran
 * with their outside world pinned. A volume of an unknown kind, or one that is not connected, has no source.
 */
export function sourcesOf(recorded: RecordedDisks): ReadonlyMap<string, DiskSource> {
  const own = [...recorded.mapping.keys()].filter((name) => name.startsWith('disk'));
  const volumes = recorded.blockDeviceInfo.blockDeviceMapping.flatMap(({ mountDevice, connectionInfo }) => {
    const source = connectionInfo && volumeSource(recorded, connectionInfo);
    return source ? [[prependDev(mountDevice) ?? unnamedVolume, source] as const] : [];
  });
  return new Map<string, DiskSource>([...own.map((name) => [name, ownSource(recorded, name)] as const), ...volumes]);
}

/** A disk of Nova's image backend `images_type`; the config drive lies in a file unless disks lie in Ceph. */
function ownSource({ one, host, instancePath, uuid }: RecordedDisks, name: string): DiskSource {
  const { config, input } = one;
  const wished = textOf(config['libvirt.images_type']) ?? 'default';
  const type = name.startsWith('disk.config') && wished !== 'rbd' ? 'raw' : wished;
  const discard = config['libvirt.hw_disk_discard'] === 'unmap' ? 'unmap' : ignored(config);
  const path = join(instancePath, name);
  if (type === 'lvm') {
    const group = textOf(config['libvirt.images_volume_group']) ?? '';
    const driverIo = config['libvirt.sparse_logical_volumes'] === true ? undefined : 'native';
    return { type: 'block', path: `/dev/${group}/${uuid}_${name}`, format: 'raw', driverIo, discard };
  }
  if (type === 'rbd') {
    const image = `${textOf(config['libvirt.images_rbd_pool']) ?? ''}/${uuid}_${name}`;
    return { ...rbd(image, monitors(host)), auth: novaAuth(config), discard };
  }
  const cow = type === 'qcow2' || (type === 'default' && config.use_cow_images !== false);
  const existing = textOf(recordOf(input.existing_disks)[name]);
  const driverIo = config.preallocate_images === 'space' ? 'native' : undefined;
  return { type: 'file', path, format: cow ? 'qcow2' : (existing ?? 'raw'), driverIo, discard };
}

function ignored(config: Json): 'ignore' | undefined {
  return config['libvirt.hw_disk_discard'] === 'ignore' ? 'ignore' : undefined;
}

function monitors(host: Json): NetworkDiskSource['hosts'] {
  const { hosts, ports } = recordOf(host.rbd_monitors);
  return hostList(hosts, ports);
}

function hostList(names: unknown, ports: unknown): NetworkDiskSource['hosts'] {
  const all = listOf(ports);
  return textsOf(names)
    .slice(0, all.length)
    .map((name, index) => ({ name, ...(all[index] !== null && { port: Number(all[index]) }) }));
}

function rbd(name: string | undefined, hosts: NetworkDiskSource['hosts']): NetworkDiskSource {
  return { type: 'network', protocol: 'rbd', name, hosts, format: 'raw' };
}

/** The user of nova.conf. A secret without its user is passed on, so that the designer refuses it. */
function novaAuth(config: Json): DiskAuth | undefined {
  const username = textOf(config['libvirt.rbd_user']);
  const secretUuid = textOf(config['libvirt.rbd_secret_uuid']);
  if (username === undefined && secretUuid === undefined) return undefined;
  return { username: username ?? '', secretType: 'ceph', secretUuid: secretUuid ?? '' };
}

/** How each volume driver of Nova opens what it has connected. */
const drivers: Readonly<
  Record<string, Pick<DiskSource, 'driverIo' | 'driverCache'> & { readonly type: 'file' | 'block' }>
> = {
  iscsi: { type: 'block', driverIo: 'native' },
  iser: { type: 'block', driverIo: 'native' },
  storpool: { type: 'block', driverIo: 'native' },
  fibre_channel: { type: 'block', driverIo: 'native' },
  scaleio: { type: 'block', driverIo: 'native' },
  lightos: { type: 'block' },
  nvmeof: { type: 'block' },
  local: { type: 'block' },
  nfs: { type: 'file', driverIo: 'native' },
  quobyte: { type: 'file', driverIo: 'native' },
  gpfs: { type: 'file' },
  smbfs: { type: 'file', driverCache: 'writeback' },
  vzstorage: { type: 'file', driverCache: 'writeback' },
};

function volumeSource({ one }: RecordedDisks, connection: ConnectionInfo): DiskSource | undefined {
  const { driverVolumeType: kind, data } = connection;
  const luksSecretUuid = luksSecret(one, connection);
  if (kind === 'rbd') {
    const source = rbd(textOf(data.name), hostList(data.hosts, data.ports));
    return { ...source, auth: volumeAuth(one.config, data), luksSecretUuid };
  }
  const driver = Object.hasOwn(drivers, kind) ? drivers[kind] : undefined;
  if (!driver) return undefined;
  const path = kind === 'quobyte' ? quobytePath(data) : textOf(data.device_path);
  if (path === undefined) return undefined;
  const format = (driver.type === 'file' && textOf(data.format)) || 'raw';
  return { ...driver, path, format, luksSecretUuid };
}

/** Nova works this path out again instead of taking the one that connecting found; below the recording's state path. */
function quobytePath(data: Json): string {
  const mount = createHash('md5')
    .update(textOf(data.export) ?? '')
    .digest('hex');
  return join('/usr/lib/python3/dist-packages/mnt', mount, textOf(data.name) ?? '');
}

/** The volume service's user; that of nova.conf where the service names no secret. */
function volumeAuth(config: Json, data: Json): DiskAuth | undefined {
  const secretUuid = textOf(data.secret_uuid);
  if (data.auth_enabled && secretUuid !== undefined) {
    return { username: textOf(data.auth_username) ?? '', secretType: 'ceph', secretUuid };
  }
  const none: DiskAuth = { username: '', secretType: 'ceph', secretUuid: '' };
  if (data.auth_enabled) return novaAuth(config) ?? none;
  return config['libvirt.rbd_secret_uuid'] ? novaAuth(config) : undefined;
}

function luksSecret({ input }: GuestXmlCase, { data, serial, volumeId }: ConnectionInfo): string | undefined {
  const id = textOf(data.volume_id) ?? volumeId ?? serial;
  const secrets = listOf(input.secrets).map(recordOf);
  return textOf(secrets.find((secret) => secret.usage_type === 'volume' && secret.usage_id === id)?.uuid);
}

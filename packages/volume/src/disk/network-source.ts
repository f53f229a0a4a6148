import {
  type ConnectionData,
  invalid,
  optionalCount,
  optionalText,
  requiredText,
  textList,
} from '../connection-data.ts';
import type { VolumeConfig } from '../volume-config.ts';

/** A volume that QEMU itself opens over the network. */
export interface NetworkVolumeSource {
  readonly type: 'network';
  readonly protocol: NetworkProtocol;
  /** `pool/image` for rbd, the export of an NBD server, `iqn…/LUN` for iSCSI, a path for NFS and HTTP. */
  readonly name?: string | undefined;
  readonly hosts: readonly { readonly name: string; readonly port?: number | undefined }[];
  readonly auth?: VolumeAuth | undefined;
}

/** The libvirt secret that holds the key or the password of a user. */
export interface VolumeAuth {
  readonly username: string;
  readonly secretType: 'ceph' | 'iscsi';
  readonly secretUuid: string;
}

export type NetworkProtocol = (typeof protocols)[number];

const protocols = ['rbd', 'nbd', 'iscsi', 'nfs', 'http', 'https'] as const;

/** Follows `LibvirtNetVolumeDriver`. Throws `INVALID_CONNECTION_INFO`. */
export function rbdSource(data: ConnectionData, config: VolumeConfig): NetworkVolumeSource {
  return {
    type: 'network',
    protocol: 'rbd',
    name: requiredText(data, 'name'),
    hosts: hostsOf(data),
    auth: rbdAuth(data, config),
  };
}

/** A volume of the type `qemu`: any of QEMU's network drivers by `protocol`. Throws `INVALID_CONNECTION_INFO`. */
export function qemuSource(data: ConnectionData): NetworkVolumeSource {
  const protocol = protocols.find((one) => one === data['protocol']);
  if (!protocol) throw invalid('protocol', data['protocol'], `one of ${protocols.join(', ')}`);
  const hosts = hostsOf(data);
  if (hosts.length === 0 && protocol !== 'rbd') throw invalid('hosts', data['hosts'], 'at least one host');
  const name = protocol === 'nbd' ? optionalText(data, 'name') : requiredText(data, 'name');
  return { type: 'network', protocol, name, hosts, auth: qemuAuth(protocol, data) };
}

/** What the local configuration has replaces user and secret both, never one of them. */
function rbdAuth(data: ConnectionData, { rbdUser, rbdSecretUuid }: VolumeConfig): VolumeAuth | undefined {
  if (data['auth_enabled'] !== true && !rbdSecretUuid) return undefined;
  if (data['auth_enabled'] === true && data['secret_uuid'] === undefined) {
    throw invalid('secret_uuid', undefined, 'the UUID of a libvirt secret, or null for the configured one');
  }
  const isGiven = data['auth_enabled'] === true && optionalText(data, 'secret_uuid') !== undefined;
  const username = isGiven ? optionalText(data, 'auth_username') : rbdUser;
  const secretUuid = isGiven ? optionalText(data, 'secret_uuid') : rbdSecretUuid;
  if (!username) throw invalid('auth_username', username, 'a user, here or as rbdUser of the configuration');
  if (!secretUuid) throw invalid('secret_uuid', null, 'a UUID, here or as rbdSecretUuid of the configuration');
  return { username, secretType: 'ceph', secretUuid };
}

function qemuAuth(protocol: NetworkProtocol, data: ConnectionData): VolumeAuth | undefined {
  const username = optionalText(data, 'auth_username');
  if (username === undefined) return undefined;
  if (protocol !== 'iscsi' && protocol !== 'rbd') throw invalid('auth_username', username, `no user for ${protocol}`);
  return {
    username,
    secretType: protocol === 'rbd' ? 'ceph' : 'iscsi',
    secretUuid: requiredText(data, 'auth_secret_uuid'),
  };
}

function hostsOf(data: ConnectionData): NetworkVolumeSource['hosts'] {
  const names = textList(data, 'hosts');
  const ports = data['ports'];
  if (ports === undefined || ports === null) return names.map((name) => ({ name }));
  if (!Array.isArray(ports) || ports.length !== names.length) throw invalid('ports', ports, `${names.length} ports`);
  const given: ConnectionData = Object.fromEntries(ports.entries());
  return names.map((name, index) => ({ name: name.replace(/^\[(.*)\]$/, '$1'), port: portOf(given, index) }));
}

function portOf(ports: ConnectionData, index: number): number | undefined {
  return optionalCount(ports, String(index), 65_535);
}

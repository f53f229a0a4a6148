import { createHash } from 'node:crypto';
import type { ConnectionInfo } from '@spawnkit/instance';
import { optionalText } from './connection-data.ts';
import { withoutSecrets } from './secret-fields.ts';

/** The volume's id: libvirt's secret is looked up by it. Undefined when neither the data nor the serial has one. */
export function volumeIdOf({ data, volumeId, serial }: ConnectionInfo): string | undefined {
  return optionalText(data, 'volume_id') ?? volumeId ?? serial;
}

/** What connecting adds to the data of a connection info; it does not tell volumes apart. */
const addedByConnecting = ['device_path', 'multipath_id', 'options', 'auth_secret_uuid'];

/** One name for one volume on this host, fit for a file: a hash of the volume's id, or of what tells its target. */
export function volumeKeyOf(connectionInfo: ConnectionInfo): string {
  const { driverVolumeType: type, data } = withoutSecrets(connectionInfo);
  const id = volumeIdOf(connectionInfo);
  return hashOf(id === undefined ? `${type} ${JSON.stringify(identity(type, data))}` : `id ${id}`);
}

/** A short hash for names of files and devices. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function identity(type: string, data: ConnectionInfo['data']): unknown {
  // Of a local volume the path is all there is.
  const added = type === 'local' || type === 'gpfs' ? [] : addedByConnecting;
  return Object.entries(data)
    .filter(([key, value]) => !added.includes(key) && value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
}

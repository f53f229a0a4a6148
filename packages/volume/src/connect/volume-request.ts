import type { ConnectionInfo } from '@spawnkit/instance';
import type { ConnectionData } from '../connection-data.ts';
import type { ConnectedSource } from '../disk/volume-source.ts';
import type { EncryptionMetadata } from './encryption-metadata.ts';

/** One volume for one guest. */
export interface VolumeRequest {
  readonly connectionInfo: ConnectionInfo;
  /**
   * Who wants it: the attachment's id, or the instance's UUID where an instance attaches a volume once. The same holder
   * connecting again is one attachment; the volume stays until its last holder disconnects.
   */
  readonly holder: string;
  /** How it is encrypted, unless the volume service is to be asked. */
  readonly encryption?: EncryptionMetadata | undefined;
}

/** Of a request, what {@link Volumes.disconnect} needs; `withoutSecrets` of the connection info is enough. */
export interface DisconnectRequest extends VolumeRequest {
  /** Gives up data that cannot be flushed. */
  readonly force?: boolean | undefined;
  /** False keeps libvirt's secret, for a guest that will be started again. Default: true. */
  readonly destroySecrets?: boolean | undefined;
}

/** A connected volume: plain data but for the secrets of the connection info. */
export interface ConnectedVolume extends ConnectedSource {
  readonly holder: string;
}

/** The same connection info with other data. */
export function withData(connectionInfo: ConnectionInfo, data: ConnectionData): ConnectionInfo {
  return { ...connectionInfo, data };
}

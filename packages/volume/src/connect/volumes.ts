import { acquireLock, type Logger, silentLogger } from '@spawnkit/effects';
import type { ConnectionInfo } from '@spawnkit/instance';
import { driverOf } from '../drivers.ts';
import { VolumeError } from '../errors.ts';
import type { KeySource } from '../keys/key-source.ts';
import { volumeKeyOf } from '../volume-key.ts';
import { connectHeld, type HeldVolume } from './connect-volume.ts';
import { disconnectHeld } from './disconnect-volume.ts';
import type { EncryptionMetadata } from './encryption-metadata.ts';
import type { Encryptor } from './encryptor.ts';
import { type Holds, openHolds } from './holds.ts';
import type { SecretStore } from './secret-store.ts';
import type { VolumeConnector } from './volume-connector.ts';
import type { ConnectedVolume, DisconnectRequest, VolumeRequest } from './volume-request.ts';

/** What connecting works with. */
export interface VolumesOptions {
  /** By `driver_volume_type`. A type that is missing is refused. */
  readonly connectors: Readonly<Record<string, VolumeConnector>>;
  readonly secrets: SecretStore;
  readonly encryptor: Encryptor;
  readonly keys: KeySource;
  /** Asks the volume service about a volume that says it is encrypted, when the request does not know. */
  readonly encryptionOf?: (volumeId: string, options: CallOptions) => Promise<EncryptionMetadata | undefined>;
  /**
   * A volume that should be LUKS and is not: `never` refuses it, `when-blank` formats one without any data. What has data is
   * never formatted. Default: `never`.
   */
  readonly format?: 'never' | 'when-blank';
  /** Directory of who holds which volume, the same for all who connect on this host. */
  readonly holdsPath: string;
  /** Directory of host-wide locks. */
  readonly locksPath: string;
  readonly log?: Logger;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The volumes of a host. */
export interface Volumes {
  /** Throws `VOLUME_TYPE_UNKNOWN` or `CONNECTOR_MISSING` for a volume that this host cannot connect; touches nothing. */
  check(connectionInfo: ConnectionInfo): void;
  /**
   * Connects a volume and unlocks it, or leaves the host as it was; the first error is the one that is thrown. Can be
   * repeated. Throws what connectors, {@link Encryptor}, {@link KeySource} and libvirt throw, and `VOLUME_TYPE_UNKNOWN`,
   * `CONNECTOR_MISSING`, `NOT_LUKS`, `NOT_BLANK`, `ENCRYPTION_UNSUPPORTED`.
   */
  connect(request: VolumeRequest, options?: CallOptions): Promise<ConnectedVolume>;
  /**
   * The inverse, as far as the holder is the last one; can be repeated, and does nothing for a volume that is not connected.
   * When locking the volume fails it stays connected.
   */
  disconnect(request: DisconnectRequest, options?: CallOptions): Promise<void>;
}

/** What the steps of connecting and disconnecting share. */
export interface VolumesContext extends VolumesOptions {
  readonly holds: Holds;
  readonly log: Logger;
}

/** Opens the volumes of this host. */
export function openVolumes(options: VolumesOptions): Volumes {
  const context = { ...options, holds: openHolds(options.holdsPath), log: options.log ?? silentLogger };
  const held = async <T>(request: VolumeRequest, { signal }: CallOptions, run: (volume: HeldVolume) => Promise<T>) => {
    const connector = connectorOf(context, request.connectionInfo);
    const volumeKey = volumeKeyOf(request.connectionInfo);
    await using _lock = await acquireLock({ directory: options.locksPath, name: `volume-${volumeKey}`, signal });
    return await run({ volumeKey, connector, signal });
  };
  return {
    check(connectionInfo) {
      connectorOf(context, connectionInfo);
    },
    connect: (request, call = {}) => held(request, call, (volume) => connectHeld(context, request, volume)),
    disconnect: (request, call = {}) => held(request, call, (volume) => disconnectHeld(context, request, volume)),
  };
}

function connectorOf({ connectors }: VolumesContext, connectionInfo: ConnectionInfo): VolumeConnector {
  const { driverVolumeType: type } = connectionInfo;
  driverOf(connectionInfo);
  const connector = Object.hasOwn(connectors, type) ? connectors[type] : undefined;
  if (connector) return connector;
  throw new VolumeError('CONNECTOR_MISSING', `This host is not set up for volumes of the type "${type}"`, {
    context: { type, known: Object.keys(connectors) },
    fix: 'Pass a connector for it, or attach a volume of another type.',
  });
}

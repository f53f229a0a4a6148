import type { ConnectionInfo } from '@spawnkit/instance';
import { requiredText, optionalText } from '../connection-data.ts';
import { driverOf } from '../drivers.ts';
import { exportOf, mountPointOf } from '../mount/mount-point.ts';
import type { CacheMode, VolumeConfig } from '../volume-config.ts';
import { type NetworkVolumeSource, qemuSource, rbdSource } from './network-source.ts';

/** Where a guest finds the bytes of a connected volume: the part of libvirt's `<disk>` that connecting decides. */
export type VolumeSource = FileVolumeSource | BlockVolumeSource | (NetworkVolumeSource & VolumeSourceOptions);

export interface FileVolumeSource extends VolumeSourceOptions {
  readonly type: 'file';
  /** Absolute. */
  readonly path: string;
}

export interface BlockVolumeSource extends VolumeSourceOptions {
  readonly type: 'block';
  /** Of the device, absolute. */
  readonly path: string;
}

/** What the volume's type decides about opening it. */
export interface VolumeSourceOptions {
  readonly format: string;
  readonly driverIo?: 'native' | undefined;
  /** Unless the configuration names a mode for the kind of source. */
  readonly driverCache: CacheMode;
  /** UUID of the libvirt secret with the passphrase of a LUKS volume that QEMU opens itself. */
  readonly luksSecretUuid?: string | undefined;
}

/** What `connect` found, as far as a guest depends on it. */
export interface ConnectedSource {
  /** With `device_path` where connecting made one. */
  readonly connectionInfo: ConnectionInfo;
  /** Of the unlocked device, when the host unlocks the volume itself. */
  readonly unlockedPath?: string | undefined;
  readonly luksSecretUuid?: string | undefined;
}

/**
 * The source of a connected volume. Follows `get_config` of Nova's volume drivers. Throws `INVALID_CONNECTION_INFO`, and
 * `VOLUME_TYPE_UNKNOWN` also for `fake`, which only {@link volumeDisk} can show.
 */
export function volumeSource(connected: ConnectedSource, config: VolumeConfig): VolumeSource {
  const { connectionInfo, luksSecretUuid } = connected;
  const { source, cache, io, formatted } = driverOf(connectionInfo);
  const { data } = connectionInfo;
  const options: VolumeSourceOptions = {
    format: (formatted && optionalText(data, 'format')) || 'raw',
    driverCache: cache,
    ...(io && { driverIo: io }),
    ...(luksSecretUuid !== undefined && { luksSecretUuid }),
  };
  if (source === 'network') return { ...networkSource(connectionInfo, config), ...options };
  const path = connected.unlockedPath ?? pathOf(connectionInfo, config);
  return { type: connected.unlockedPath === undefined ? source : 'block', path, ...options };
}

function networkSource({ driverVolumeType, data }: ConnectionInfo, config: VolumeConfig): NetworkVolumeSource {
  return driverVolumeType === 'rbd' ? rbdSource(data, config) : qemuSource(data);
}

/** Nova keeps the path of a quobyte volume nowhere. */
function pathOf({ driverVolumeType, data }: ConnectionInfo, config: VolumeConfig): string {
  if (driverVolumeType !== 'quobyte') return requiredText(data, 'device_path');
  return `${mountPointOf(config.quobyteMountPointBase, exportOf('quobyte', data))}/${requiredText(data, 'name')}`;
}

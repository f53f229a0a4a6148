import type { ConnectionInfo } from '@spawnkit/instance';
import { VolumeError } from './errors.ts';
import type { CacheMode } from './volume-config.ts';

/** How volumes of one type reach the guest: the table of Nova's volume drivers. */
export interface VolumeDriver {
  readonly source: 'block' | 'file' | 'network';
  /** Cache mode unless the configuration names one for the kind of source. */
  readonly cache: CacheMode;
  readonly io?: 'native';
  /** The volume service says which format the bytes have; otherwise they are raw. */
  readonly formatted?: boolean;
  /** A device that is gone when it should be disconnected is no error. */
  readonly vanishes?: boolean;
}

const device: VolumeDriver = { source: 'block', cache: 'none' };
const share: VolumeDriver = { source: 'file', cache: 'none', io: 'native', formatted: true };
const cachedShare: VolumeDriver = { source: 'file', cache: 'writeback', formatted: true };

const drivers: Readonly<Record<string, VolumeDriver>> = {
  iscsi: { ...device, io: 'native', vanishes: true },
  iser: { ...device, io: 'native', vanishes: true },
  fibre_channel: { ...device, io: 'native' },
  scaleio: { ...device, io: 'native' },
  storpool: { ...device, io: 'native' },
  nvmeof: device,
  lightos: device,
  local: device,
  nfs: share,
  quobyte: share,
  smbfs: cachedShare,
  vzstorage: cachedShare,
  gpfs: { source: 'file', cache: 'none' },
  rbd: { source: 'network', cache: 'none' },
  fake: { source: 'network', cache: 'none' },
  qemu: { source: 'network', cache: 'none', formatted: true },
};

/** The names of all types: those of Nova, and `qemu` for what QEMU's own network drivers open. */
export const volumeTypes: readonly string[] = Object.keys(drivers);

/** Throws `VOLUME_TYPE_UNKNOWN`. */
export function driverOf({ driverVolumeType: type }: Pick<ConnectionInfo, 'driverVolumeType'>): VolumeDriver {
  const driver = Object.hasOwn(drivers, type) ? drivers[type] : undefined;
  if (driver) return driver;
  throw new VolumeError('VOLUME_TYPE_UNKNOWN', `No driver is known for volumes of the type "${type}"`, {
    context: { type },
    fix: `Use one of ${volumeTypes.join(', ')}.`,
  });
}

import type { InstanceDiskInfo } from '@spawnkit/blockinfo';
import type { Exec, Rollback } from '@spawnkit/effects';
import type { DiskSource } from '@spawnkit/guest-designer';
import type { VolumeMapping } from '@spawnkit/instance';
import type { Connection } from '@spawnkit/libvirt';
import { act } from './acts.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import { partsOf } from './parts.ts';

export interface VolumeContext {
  readonly exec: Exec;
  readonly conn: Connection;
  readonly signal?: AbortSignal | undefined;
}

/** The host's side of volumes. */
export interface VolumeParts {
  /** Makes a volume reachable, and answers where the guest finds its bytes. */
  connect(volume: VolumeMapping, context: VolumeContext): Promise<DiskSource>;
  /**
   * The inverse, by the name that the volume has in the guest: `/dev/vdb`. Idempotent, also for one that never was
   * connected.
   */
  disconnect(name: string, instancePath: string, context: VolumeContext): Promise<void>;
}

interface Connecting extends VolumeContext {
  readonly host: Host;
  readonly rollback: Rollback;
  readonly disks: InstanceDiskInfo;
}

/**
 * Connects the volumes of an instance, one by one; each by its name in the disk mapping. Throws {@link SpawnerError}
 * `USAGE`.
 */
export async function connectVolumes(connecting: Connecting): Promise<ReadonlyMap<string, DiskSource>> {
  const { host, rollback, disks, ...context } = connecting;
  const sources = new Map<string, DiskSource>();
  for (const volume of disks.blockDeviceInfo.blockDeviceMapping) {
    const { volumes } = partsOf(host);
    const name = volume.mountDevice;
    if (!volumes || name === undefined) throw cannotConnect(name);
    sources.set(name, await act(rollback, 'volume', { name }, () => volumes.connect(volume, context)));
  }
  return sources;
}

function cannotConnect(name: string | undefined): SpawnerError {
  return new SpawnerError(
    'USAGE',
    `The request names a volume (${name ?? 'unnamed'}), and this version connects none`,
    {
      fix: 'Leave volumes out.',
      context: { name },
    },
  );
}

import type { InstanceDiskInfo } from '@spawnkit/blockinfo';
import type { Exec } from '@spawnkit/effects';
import type { DiskSource } from '@spawnkit/guest-designer';
import type { Connection } from '@spawnkit/libvirt';
import type { Host } from '../host.ts';
import type { SpawnRequest } from '../request/request.ts';
import { partsOf } from '../spawn/parts.ts';
import { answered } from '../spawn/spawn-context.ts';
import type { WantedVolume } from './volume-parts.ts';
import { volumeSettingsOf } from './volume-settings.ts';
import { wantedVolumes } from './wanted-volumes.ts';

/** The volumes of an instance, and what connecting them works with. */
export interface InstanceVolumes {
  readonly host: Host;
  readonly request: SpawnRequest;
  readonly disks: Pick<InstanceDiskInfo, 'blockDeviceInfo'>;
  readonly virtType: string;
  readonly exec: Exec;
  readonly conn: Connection;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `VolumeError` for a volume that this host cannot connect; touches nothing. */
export async function checkVolumes(
  host: Host,
  { blockDeviceInfo }: SpawnRequest,
  { exec, conn }: Pick<InstanceVolumes, 'exec' | 'conn'>,
): Promise<void> {
  for (const { connectionInfo } of blockDeviceInfo.blockDeviceMapping) {
    if (connectionInfo) partsOf(host).volumes.check(connectionInfo, { host, settings: host.settings, exec, conn });
  }
}

/** Connects one volume, or asks where it is; answers where the guest finds it. */
export async function connectVolume(volumes: InstanceVolumes, volume: WantedVolume): Promise<DiskSource> {
  const { host, virtType, exec, conn, signal } = volumes;
  const settings = volumeSettingsOf(host.settings);
  const { source } = await answered(host, 'connect a volume', signal, (signal) =>
    partsOf(host).volumes.connect(volume, { host, settings, virtType, exec, conn, signal }),
  );
  return source;
}

/**
 * Connects the volumes of an instance that has them already, as after a boot of the host, or asks where they are; by name.
 * What its journal knows of them stays true.
 */
export async function connectedVolumes(volumes: InstanceVolumes): Promise<ReadonlyMap<string, DiskSource>> {
  const sources = new Map<string, DiskSource>();
  for (const volume of wantedVolumes(volumes.request, volumes.disks)) {
    sources.set(volume.name, await connectVolume(volumes, volume));
  }
  return sources;
}

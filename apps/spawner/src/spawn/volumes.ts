import type { Rollback } from '@spawnkit/effects';
import type { DiskSource } from '@spawnkit/guest-designer';
import { type DisconnectRequest, withoutSecrets } from '@spawnkit/volume';
import { connectVolume, type InstanceVolumes } from '../volumes/connected-volumes.ts';
import type { WantedVolume } from '../volumes/volume-parts.ts';
import { type VolumeSettings, volumeSettingsOf } from '../volumes/volume-settings.ts';
import { wantedVolumes } from '../volumes/wanted-volumes.ts';
import { act } from './acts.ts';

/** What disconnecting a volume needs, whatever the settings say by then; nothing in it is secret. */
export interface VolumeAct extends DisconnectRequest {
  /** In the guest. */
  readonly name: string;
  /** With which it was connected. */
  readonly settings: VolumeSettings;
}

/** Connects the volumes of an instance, one by one; answers by name where the guest finds each. */
export async function connectVolumes(
  volumes: InstanceVolumes & { readonly rollback: Rollback },
): Promise<ReadonlyMap<string, DiskSource>> {
  const { host, rollback } = volumes;
  const settings = volumeSettingsOf(host.settings);
  const sources = new Map<string, DiskSource>();
  for (const volume of wantedVolumes(volumes.request, volumes.disks)) {
    const connect = () => connectVolume(volumes, volume);
    sources.set(volume.name, await act(rollback, 'volume', volumeAct(volume, settings), connect));
  }
  return sources;
}

/** As it stands in the journal. */
function volumeAct({ name, connectionInfo, holder, encryption }: WantedVolume, settings: VolumeSettings): VolumeAct {
  return { name, connectionInfo: withoutSecrets(connectionInfo), holder, encryption, settings };
}

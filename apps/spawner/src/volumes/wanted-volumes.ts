import type { InstanceDiskInfo } from '@spawnkit/blockinfo';
import type { BlockDeviceInfo } from '@spawnkit/instance';
import { type EncryptionMetadata, volumeIdOf } from '@spawnkit/volume';
import { SpawnerError } from '../errors.ts';
import type { SpawnRequest } from '../request/request.ts';
import type { WantedVolume } from './volume-parts.ts';

/** What a volume's connection info does not say about getting at its bytes. */
export interface VolumeKeys {
  readonly passwordFile?: string | undefined;
  readonly encryption?: EncryptionMetadata | undefined;
}

/** By the volume's id. */
export type VolumeKeyTable = Readonly<Record<string, VolumeKeys>>;

/**
 * The volumes of a request, each by its name in the disk mapping. Throws {@link SpawnerError} `USAGE` for one that nobody
 * has said how to connect.
 */
export function wantedVolumes(
  { instance, volumeKeys = {} }: SpawnRequest,
  { blockDeviceInfo }: Pick<InstanceDiskInfo, 'blockDeviceInfo'>,
): readonly WantedVolume[] {
  return blockDeviceInfo.blockDeviceMapping.map(({ mountDevice: name, connectionInfo }) => {
    if (!connectionInfo || name === undefined) throw notConnectable(name);
    const id = volumeIdOf(connectionInfo);
    const keys = id !== undefined && Object.hasOwn(volumeKeys, id) ? volumeKeys[id] : undefined;
    return { name, connectionInfo, holder: instance.uuid, ...keys };
  });
}

/** Whether the guest's root disk is a volume: then it has no disk made from an image. */
export function bootsFromVolume({ image, blockDeviceMapping }: BlockDeviceInfo): boolean {
  return image.length === 0 && blockDeviceMapping.some(({ bootIndex }) => bootIndex === 0);
}

/** The request with the names, buses and types that were chosen for its volumes: it has them from now on. */
export function withVolumeNames(
  request: SpawnRequest,
  { blockDeviceInfo: { blockDeviceMapping } }: Pick<InstanceDiskInfo, 'blockDeviceInfo'>,
): SpawnRequest {
  return { ...request, blockDeviceInfo: { ...request.blockDeviceInfo, blockDeviceMapping } };
}

/** The request with what its disks are made from: a guest that boots from a volume has no disk that an image would fill. */
export function withNeededImage(request: SpawnRequest): SpawnRequest {
  return bootsFromVolume(request.blockDeviceInfo) ? { ...request, image: undefined } : request;
}

function notConnectable(name: string | undefined): SpawnerError {
  return new SpawnerError('USAGE', `The request has a volume (${name ?? 'unnamed'}) without its connection info`, {
    fix: 'Give `connection_info`, as the volume service hands it out for attaching.',
    context: { name },
  });
}

import { randomBytes } from 'node:crypto';
import type { InstanceDiskInfo } from '@spawnkit/blockinfo';
import {
  buildConfigDrive,
  configDriveFiles,
  type DeviceMetadata,
  noCloudFiles,
  noCloudLabel,
} from '@spawnkit/configdrive';
import type { Exec } from '@spawnkit/effects';
import type { SpawnRequest } from '../request/request.ts';

interface ConfigDriveOptions {
  readonly path: string;
  /** What the guest is told about its devices. */
  readonly devices: readonly DeviceMetadata[];
  readonly disks: InstanceDiskInfo;
  readonly exec: Exec;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds the drive of an instance that tells it what it is, as the ISO image that guests find by its label: Nova's layout
 * (`config-2`), or cloud-init's NoCloud (`cidata`).
 */
export async function createConfigDrive(request: SpawnRequest, options: ConfigDriveOptions): Promise<void> {
  const { path, devices, disks, exec, signal } = options;
  const { instance, networkInfo, keys, userData, files } = request;
  const metadata = {
    instance,
    networkInfo,
    keypairs: keys.map((publicKey, index) => ({ name: nameOf(publicKey, index), publicKey })),
    userData,
    files,
    hostname: instance.hostname,
    dhcpDomain: '',
    dhcpWithoutSubnets: true,
    deviceMetadata: devices,
    defaultSwapDevice: disks.mapping.get('disk.swap')?.dev,
    defaultEphemeralDevice: disks.mapping.get('disk.local')?.dev,
    randomSeed: randomBytes,
  };
  const drive =
    request.seed === 'nocloud'
      ? { files: noCloudFiles(metadata), label: noCloudLabel }
      : { files: configDriveFiles(metadata) };
  await buildConfigDrive({ ...drive, path, format: 'iso9660', exec, signal });
}

/** The comment of an OpenSSH key line, which is what people call their keys. */
function nameOf(publicKey: string, index: number): string {
  return publicKey.trim().split(/\s+/).slice(2).join(' ') || `key${index}`;
}

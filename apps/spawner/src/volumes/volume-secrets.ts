import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@spawnkit/effects';
import type { BlockDeviceInfo, VolumeMapping } from '@spawnkit/instance';
import { sealSecrets, volumeKeyOf, withoutSecrets } from '@spawnkit/volume';

const NAME = 'volume-secrets.json';

/** Secret fields of the connection data by the volume's key; the file is readable for its owner only. */
type SecretTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The same block device info with all that is secret in it sealed: it prints as `***`. */
export function sealedDevices(info: BlockDeviceInfo): BlockDeviceInfo {
  return withVolumes(info, (volume) => ({
    ...volume,
    ...(volume.connectionInfo && { connectionInfo: sealSecrets(volume.connectionInfo) }),
  }));
}

/** The same without what is secret, as plain data. */
export function publicDevices(info: BlockDeviceInfo): BlockDeviceInfo {
  return withVolumes(info, (volume) => ({
    ...volume,
    ...(volume.connectionInfo && { connectionInfo: withoutSecrets(volume.connectionInfo) }),
  }));
}

/**
 * Keeps what is secret about the volumes of an instance beside its disks, with which it goes. Nothing is written where
 * nothing is secret.
 */
export async function keepVolumeSecrets(instancePath: string, info: BlockDeviceInfo): Promise<void> {
  const table = secretsOf(info);
  if (Object.keys(table).length === 0) return;
  const draft = join(instancePath, `.${NAME}.draft`);
  await writeFile(draft, `${JSON.stringify(table)}\n`, { mode: 0o600 });
  await rename(draft, join(instancePath, NAME));
}

/** Block device info without secrets, together with those that {@link keepVolumeSecrets} has kept. */
export async function withVolumeSecrets(instancePath: string, info: BlockDeviceInfo): Promise<BlockDeviceInfo> {
  if (info.blockDeviceMapping.length === 0) return info;
  const text = await readFile(join(instancePath, NAME), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  const table = JSON.parse(text) as SecretTable;
  return withVolumes(info, (volume) => {
    const { connectionInfo } = volume;
    const secrets = connectionInfo && table[volumeKeyOf(connectionInfo)];
    if (!secrets) return volume;
    const sealed = Object.entries(secrets).map(([field, value]) => [field, new Secret(value)] as const);
    const data = { ...connectionInfo.data, ...Object.fromEntries(sealed) };
    return { ...volume, connectionInfo: { ...connectionInfo, data } };
  });
}

function secretsOf({ blockDeviceMapping }: BlockDeviceInfo): SecretTable {
  const entries = blockDeviceMapping.flatMap(({ connectionInfo }) => {
    if (!connectionInfo) return [];
    const { data } = sealSecrets(connectionInfo);
    const secrets = Object.entries(data).flatMap(([field, value]) =>
      value instanceof Secret ? [[field, value.reveal()] as const] : [],
    );
    return secrets.length > 0 ? [[volumeKeyOf(connectionInfo), Object.fromEntries(secrets)] as const] : [];
  });
  return Object.fromEntries(entries);
}

function withVolumes(info: BlockDeviceInfo, change: (volume: VolumeMapping) => VolumeMapping): BlockDeviceInfo {
  if (info.blockDeviceMapping.length === 0) return info;
  return { ...info, blockDeviceMapping: info.blockDeviceMapping.map(change) };
}

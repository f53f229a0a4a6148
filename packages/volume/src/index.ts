/**
 * The host's side of a volume: from what a volume service hands out to the disk of a guest, and back.
 *
 * @packageDocumentation
 */
export { type ConnectionData } from './connection-data.ts';
export {
  type EncryptionFormat,
  type EncryptionMetadata,
  encryptionFormat,
  readEncryptionMetadata,
} from './connect/encryption-metadata.ts';
export type { EncryptedVolume, Encryptor, EncryptorOptions } from './connect/encryptor.ts';
export type { SecretStore, SecretStoreOptions, SecretUse } from './connect/secret-store.ts';
export type { ConnectorOptions, DisconnectOptions, Found, VolumeConnector } from './connect/volume-connector.ts';
export type { ConnectedVolume, DisconnectRequest, VolumeRequest } from './connect/volume-request.ts';
export { type CallOptions, openVolumes, type Volumes, type VolumesOptions } from './connect/volumes.ts';
export { createFibreChannelConnector } from './connectors/fibre-channel.ts';
export { createIscsiConnector, createIserConnector, type IscsiOptions } from './connectors/iscsi.ts';
export { createLightosConnector, type LightosOptions } from './connectors/lightos.ts';
export { createNfsConnector, type NfsOptions } from './connectors/nfs.ts';
export { createNvmeConnector } from './connectors/nvmeof.ts';
export { passiveConnector } from './connectors/passive.ts';
export { createQemuConnector } from './connectors/qemu.ts';
export { createQuobyteConnector, type QuobyteOptions } from './connectors/quobyte.ts';
export { createScaleioConnector, type ScaleioOptions } from './connectors/scaleio.ts';
export { createSmbfsConnector, type SmbfsOptions } from './connectors/smbfs.ts';
export { createStorpoolConnector, type StorpoolOptions } from './connectors/storpool.ts';
export { createVzstorageConnector, pstorageConnector, type VzstorageOptions } from './connectors/vzstorage.ts';
export { createCryptsetup, type CryptsetupOptions } from './crypt/cryptsetup.ts';
export type { DeviceOptions } from './device/device-host.ts';
export type { NetworkProtocol, NetworkVolumeSource, VolumeAuth } from './disk/network-source.ts';
export { type DiskPlace, volumeDisk, type VolumeDiskOptions } from './disk/volume-disk.ts';
export {
  type BlockVolumeSource,
  type ConnectedSource,
  type FileVolumeSource,
  type VolumeSource,
  volumeSource,
  type VolumeSourceOptions,
} from './disk/volume-source.ts';
export { volumeTypes } from './drivers.ts';
export { VolumeError, type VolumeErrorCode } from './errors.ts';
export { barbicanKeySource, type BarbicanOptions } from './keys/barbican-key-source.ts';
export { fileKeySource } from './keys/file-key-source.ts';
export type { KeyOptions, KeySource } from './keys/key-source.ts';
export { libvirtKeySource } from './keys/libvirt-key-source.ts';
export { type Mount, type MountTable, readMountTable } from './mount/mount-table.ts';
export type { ShareOptions } from './mount/share-kind.ts';
export { sealSecrets, withoutSecrets } from './secret-fields.ts';
export { libvirtSecrets, type LibvirtSecretsOptions } from './secrets/libvirt-secrets.ts';
export { type CacheMode, defaultVolumeConfig, type VolumeConfig } from './volume-config.ts';
export { volumeIdOf, volumeKeyOf } from './volume-key.ts';

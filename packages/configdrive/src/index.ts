/**
 * Instance metadata as Nova lays it out, and the drive that carries it.
 *
 * @packageDocumentation
 */
export { type BuildRequest, type BuiltDrive, buildConfigDrive, removeConfigDrive } from './build-config-drive.ts';
export { configDriveFiles, fullHostname } from './config-drive-files.ts';
export type { DeviceBus, DeviceMetadata } from './device-metadata.ts';
export type { DriveFile } from './drive-file.ts';
export { type DriveFormat, type DriveLimits, defaultDriveLimits } from './drive-limits.ts';
export { type Ec2IpInfo, ec2IpInfo } from './ec2-metadata.ts';
export { ConfigDriveError, type ConfigDriveErrorCode } from './errors.ts';
export { injectedNetworkTemplate } from './injected-template.ts';
export { type Json, jsonText } from './json-text.ts';
export { defaultMetadataLimits } from './metadata-limits.ts';
export type {
  Ec2Ids,
  InjectedFile,
  Keypair,
  MappedDevice,
  MetadataLimits,
  MetadataRequest,
} from './metadata-request.ts';
export {
  type AddressedNetwork,
  type DhcpNetwork,
  type Link,
  type NetworkData,
  type NetworkDataOptions,
  type NetworkRoute,
  networkData,
  type Service,
} from './network-data.ts';
export { vifsTrusted, vifsWithVlan } from './network-facts.ts';
export { noCloudFiles, noCloudLabel } from './no-cloud-files.ts';
export { type DriveContents, inspectConfigDrive, readConfigDrive } from './read-config-drive.ts';
export { configDriveRequired } from './required.ts';
export { readVendorDataFile, type VendorData } from './vendor-data.ts';
export { checkUserData, type UserDataKind, type UserDataReport } from './user-data.ts';

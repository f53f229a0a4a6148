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
export { extractConfigDrive } from './extract-config-drive.ts';
export type { BondLink, BondMode, GuestLinks, VlanLink } from './guest-links.ts';
export type { GuestDisk, GuestfishOptions } from './guestfish.ts';
export { type InjectionRequest, injectIntoGuest } from './inject-into-guest.ts';
export { type GuestFiles, inject, type InjectionFailure, type InjectionReport } from './injection.ts';
export type {
  GuestFact,
  GuestFacts,
  GuestQuestions,
  InjectionOperation,
  InjectionStep,
} from './injection-plan.ts';
export type { InjectionContents, InjectionItem } from './injection-request.ts';
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
export { type NetworkDataOptions, networkData } from './network-data.ts';
export type {
  AddressedNetwork,
  BondedLink,
  DhcpNetwork,
  EthernetLink,
  Link,
  NetworkData,
  NetworkRoute,
  Service,
  TaggedLink,
} from './network-document.ts';
export { vifsTrusted, vifsWithVlan } from './network-facts.ts';
export { noCloudFiles, noCloudLabel } from './no-cloud-files.ts';
export { type DriveContents, inspectConfigDrive, readConfigDrive } from './read-config-drive.ts';
export { configDriveRequired } from './required.ts';
export { readVendorDataFile, type VendorData } from './vendor-data.ts';
export { checkUserData, type UserDataKind, type UserDataReport } from './user-data.ts';

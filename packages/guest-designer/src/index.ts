/**
 * What hardware a guest gets: flavor, image properties, host facts, disks and networks in, a libvirt domain as a value out.
 * Pure.
 *
 * @packageDocumentation
 */
export { type CacheMode, defaultDesignerConfig, type DesignerConfig } from './config.ts';
export { designGuest } from './design-guest.ts';
export {
  type DeviceBus,
  type DeviceMetadata,
  deviceMetadataOf,
  type DeviceTags,
  type DiskMetadata,
  type NicMetadata,
} from './device-metadata.ts';
export type {
  BlockDiskSource,
  DiskAuth,
  DiskSource,
  DiskSourceOptions,
  FileDiskSource,
  NetworkDiskSource,
} from './disk-source.ts';
export { DesignerError, type DesignerErrorCode } from './errors.ts';
export type { Accelerator, GuestRequest } from './guest-request.ts';
export type {
  FirmwareDescription,
  GuestArchitecture,
  HostFacts,
  HostNumaCell,
  MachineType,
  SevFacts,
} from './host-facts.ts';
export { claimCells, releaseCells } from './numa/claim.ts';
export type { FitLimits } from './numa/fit-cell.ts';
export { fitInstanceToHost, type FitRequest } from './numa/fit-instance.ts';
export { type CpuSets, type HostCell, hostCellsOf, type HostPages } from './numa/host-cell.ts';
export { numaTopologyOf } from './numa/instance-topology.ts';
export type {
  CpuPolicy,
  CpuThreadPolicy,
  PageSizeWish,
  WishedNumaCell,
  WishedNumaTopology,
} from './numa/topology-wish.ts';
export { pciText } from './pci-address.ts';

/**
 * What hardware a guest gets: flavor, image properties, host facts, disks and networks in, a libvirt domain as a value out.
 * Pure.
 *
 * @packageDocumentation
 */
export { type CacheMode, defaultDesignerConfig, type DesignerConfig } from './config.ts';
export { designGuest } from './design-guest.ts';
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

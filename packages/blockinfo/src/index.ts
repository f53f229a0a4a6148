/**
 * Which disks a guest gets: bus, device name, device type and boot index of each, as Nova's libvirt driver decides. Pure.
 *
 * @packageDocumentation
 */
export { type BootDevice, getBootOrder } from './boot-order.ts';
export { type BlockinfoConfig, defaultBlockinfoConfig, type DiskPolicy, getConfigDriveType } from './config.ts';
export {
  type DeviceNameSearch,
  findDiskDevForDiskBus,
  generateDeviceName,
  getDevCountForDiskBus,
  getDevPrefixForDiskBus,
  prependDev,
  stripDev,
  swapIsUsable,
  volumeInMapping,
} from './device-name.ts';
export {
  getDiskBusForDeviceType,
  getDiskBusForDiskDev,
  getRescueBus,
  getRescueDevice,
  isDiskBusValidForVirt,
} from './disk-bus.ts';
export {
  type BlockDevice,
  type DevicePlacementOptions,
  getDefaultEphemeralInfo,
  getDeviceName,
  getInfoFromBdm,
  getNextDiskInfo,
  getRootInfo,
  type RootOptions,
} from './disk-info.ts';
export {
  type DeviceType,
  type DiskEncryption,
  type DiskInfo,
  type DiskMapping,
  deviceTypes,
  getEphDisk,
  hasDiskDev,
  unnamedVolume,
} from './disk-mapping.ts';
export { BlockinfoError, type BlockinfoErrorCode } from './errors.ts';
export { configDriveRequiredBy, type DiskInfoRequest, getDiskInfo, type InstanceDiskInfo } from './get-disk-info.ts';
export { getArch, getMachineType } from './machine-type.ts';

/**
 * What a spawn request says, in Nova's words: types, and parsers that accept Nova's own JSON (snake_case, nulls) or ours.
 *
 * @packageDocumentation
 */
export {
  type BlockDeviceInfo,
  type BlockDevicePlacement,
  type ConnectionInfo,
  type LocalDisk,
  noBlockDevices,
  parseBlockDeviceInfo,
  type SwapDisk,
  type VolumeMapping,
} from './block-device-info.ts';
export { type InputIssue, InstanceError } from './errors.ts';
export { type Flavor, parseFlavor } from './flavor.ts';
export { parseCpuSet } from './cpu-set.ts';
export { type ImageMeta, parseImageMeta } from './image-meta.ts';
export {
  type ImageDiskBus,
  type ImageProperties,
  readImageProperties,
  stashedImageProperties,
} from './image-properties.ts';
export { type Instance, type PciDevice, type PciRequest, parseInstance } from './instance.ts';
export {
  type FixedIp,
  type Ip,
  type IpVersion,
  type Network,
  parseNetworkInfo,
  type Route,
  type Subnet,
  type Vif,
} from './network-info.ts';
export type { InstanceNumaCell, InstanceNumaTopology } from './numa-topology.ts';

import type { BlockDeviceInfo, Instance, LocalDisk, SwapDisk, VolumeMapping } from '@spawnkit/instance';
import type { DiskPolicy } from './config.ts';
import { type DeviceNameSearch, findDiskDevForDiskBus, stripDev, volumeInMapping } from './device-name.ts';
import { getDiskBusForDeviceType, getDiskBusForDiskDev, isDiskBusValidForVirt } from './disk-bus.ts';
import { type DeviceType, type DiskEncryption, type DiskInfo, type DiskMapping, deviceTypes } from './disk-mapping.ts';
import { BlockinfoError } from './errors.ts';

/** One entry of the block device info. */
export type BlockDevice = Partial<LocalDisk & VolumeMapping & Omit<SwapDisk, 'swapSize'>>;

/** The next disk of a bus on its first free device name. Throws as {@link findDiskDevForDiskBus}. */
export function getNextDiskInfo(
  diskBus: string | undefined,
  search: DeviceNameSearch,
  options: { readonly deviceType?: DeviceType; readonly bootIndex?: number | undefined } = {},
): DiskInfo {
  const { deviceType = 'disk', bootIndex } = options;
  const dev = findDiskDevForDiskBus(diskBus, search);
  const boots = bootIndex !== undefined && bootIndex >= 0;
  return { bus: named(diskBus, deviceType), dev, type: deviceType, ...(boots && { bootIndex }) };
}

/** The device name of an entry, with or without `/dev/`, under whichever field it has. */
export function getDeviceName(device: BlockDevice): string | undefined {
  return device.deviceName || device.mountDevice;
}

/** What decides where an entry of the block device info goes, besides the entry. */
export interface DevicePlacementOptions {
  readonly mapping?: DiskMapping | undefined;
  /** Bus and type for an entry that names none. */
  readonly diskBus?: string | undefined;
  readonly devType?: string | undefined;
  readonly allowedTypes?: readonly DeviceType[] | undefined;
  readonly assignedDevices?: Iterable<string> | undefined;
}

/**
 * Where an entry of the block device info goes. A bus which guests of the virtualization type cannot have is replaced by
 * the one its device name tells, else by the best one for its type. Throws {@link BlockinfoError}.
 */
export function getInfoFromBdm(
  policy: DiskPolicy,
  device: BlockDevice,
  options: DevicePlacementOptions = {},
): DiskInfo {
  const name = stripDev(getDeviceName(device));
  const wish = device.deviceType || options.devType;
  const type = (options.allowedTypes ?? deviceTypes).find((one) => one === wish) ?? 'disk';
  const wishedBus = device.diskBus || options.diskBus;
  const bus = isDiskBusValidForVirt(policy.virtType, wishedBus)
    ? wishedBus
    : name
      ? getDiskBusForDiskDev(name)
      : getDiskBusForDeviceType(policy, type);
  const { mapping = new Map<string, DiskInfo>(), assignedDevices } = options;
  const dev = name || findDiskDevForDiskBus(bus, { mapping, assignedDevices, config: policy.config });
  const bootIndex = device.bootIndex ?? -1;
  return {
    bus: named(bus, type),
    dev,
    type,
    ...(device.guestFormat && { format: device.guestFormat }),
    ...(bootIndex >= 0 && { bootIndex: bootIndex + 1 }),
    ...(device.encrypted && { encryption: encryptionOf(device) }),
  };
}

/** What decides where the root disk goes, besides its entry. */
export interface RootOptions {
  readonly diskBus: string | undefined;
  readonly cdromBus: string | undefined;
  readonly diskFormat?: string | undefined;
  readonly rootDeviceName?: string | undefined;
}

/** Where the root disk goes; without an entry of its own, the root of an ISO image is a cdrom. Throws {@link BlockinfoError}. */
export function getRootInfo(policy: DiskPolicy, rootBdm: BlockDevice | undefined, options: RootOptions): DiskInfo {
  const { diskBus, rootDeviceName } = options;
  if (rootBdm) {
    const device = getDeviceName(rootBdm) ? rootBdm : { ...rootBdm, deviceName: rootDeviceName };
    return getInfoFromBdm(policy, device, { diskBus });
  }
  const iso = options.diskFormat === 'iso';
  const type = iso ? 'cdrom' : 'disk';
  const bus = iso ? options.cdromBus : diskBus;
  const mapping = new Map<string, DiskInfo>();
  const dev = rootDeviceName || findDiskDevForDiskBus(bus, { mapping, config: policy.config });
  return { bus: named(bus, type), dev: stripDev(dev), type, bootIndex: 1 };
}

/** The flavor's ephemeral disk, unless the block device info lists its own, or its name is taken there. */
export function getDefaultEphemeralInfo(
  instance: Pick<Instance, 'ephemeralGb'>,
  diskBus: string | undefined,
  blockDevices: BlockDeviceInfo,
  search: DeviceNameSearch,
): DiskInfo | undefined {
  if (instance.ephemeralGb <= 0 || blockDevices.ephemerals.length > 0) return undefined;
  const info = getNextDiskInfo(diskBus, search);
  return volumeInMapping(info.dev, blockDevices) ? undefined : info;
}

function named(bus: string | undefined, type: DeviceType): string {
  if (bus !== undefined) return bus;
  const message = `No disk bus of this virtualization type takes a device of type "${type}": name a disk bus or use another type.`;
  throw new BlockinfoError('NO_DEVICE_PREFIX', message, { deviceType: type });
}

function encryptionOf(device: BlockDevice): DiskEncryption {
  const { encryptionSecretUuid: secretUuid, encryptionFormat: format, encryptionOptions } = device;
  return { secretUuid, format, ...(encryptionOptions && { options: parsedOptions(encryptionOptions) }) };
}

function parsedOptions(text: string): Readonly<Record<string, unknown>> {
  const message = 'The encryption options of a disk must be the text of a JSON object, such as {"hash": "sha256"}.';
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch (cause) {
    throw new BlockinfoError('INVALID_ENCRYPTION_OPTIONS', message, {}, { cause });
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new BlockinfoError('INVALID_ENCRYPTION_OPTIONS', message);
  }
  return Object.fromEntries(Object.entries(options));
}

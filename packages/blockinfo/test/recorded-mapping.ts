import { type BlockDeviceInfo, type LocalDisk, parseBlockDeviceInfo, type VolumeMapping } from '@spawnkit/instance';
import type { BlockDevice, DeviceType, DiskInfo, DiskMapping } from '../src/index.ts';
import { deviceTypes, unnamedVolume } from '../src/index.ts';
import { argumentsOf, type Json, recordOf } from './recorded-case.ts';

/** A recorded mapping as ours. */
export function mappingOf(recorded: Json): DiskMapping {
  return new Map(Object.entries(recorded).map(([name, info]) => [name, infoOf(recordOf(info))]));
}

function infoOf(recorded: Json): DiskInfo {
  const fields = argumentsOf(recorded);
  const bootIndex = fields.text('boot_index');
  return {
    bus: fields.text('bus') ?? '',
    dev: fields.text('dev'),
    type: deviceTypeOf(fields.text('type')) ?? 'disk',
    ...(bootIndex !== undefined && { bootIndex: Number(bootIndex) }),
  };
}

export function deviceTypeOf(text: string | undefined): DeviceType | undefined {
  return deviceTypes.find((type) => type === text);
}

/** Our mapping as Nova would print it. */
export function recordedMapping(mapping: DiskMapping): Json {
  return Object.fromEntries(
    [...mapping].map(([name, info]) => [name === unnamedVolume ? 'null' : name, recordedInfo(info)]),
  );
}

/** Our disk info as Nova would print it: boot index as text, encryption as flat keys, null for no device name. */
export function recordedInfo(info: DiskInfo): Json {
  const { bus, dev, type, format, bootIndex, encryption } = info;
  return {
    bus,
    dev: dev ?? null,
    type,
    ...(format !== undefined && { format }),
    ...(bootIndex !== undefined && { boot_index: String(bootIndex) }),
    ...(encryption && {
      encrypted: true,
      encryption_secret_uuid: encryption.secretUuid ?? null,
      encryption_format: encryption.format ?? null,
      ...(encryption.options && { encryption_options: encryption.options }),
    }),
  };
}

/** One recorded entry of the block device info as ours. */
export function deviceOf(recorded: Json): BlockDevice {
  const [local] = parseBlockDeviceInfo({ image: [recorded] }).image;
  const mountDevice = argumentsOf(recorded).text('mount_device');
  return { ...local, ...(mountDevice !== undefined && { mountDevice }) };
}

/** The recorded block device info with our choices written where Nova writes them. */
export function recordedAfter(before: unknown, ours: BlockDeviceInfo): unknown {
  if (before === null || before === undefined) return null;
  const recorded = recordOf(before);
  const written = {
    image: filled(recorded.image, ours.image),
    ephemerals: filled(recorded.ephemerals, ours.ephemerals),
    swap: recorded.swap && ours.swap ? filled([recorded.swap], [ours.swap])[0] : recorded.swap,
    block_device_mapping: filled(recorded.block_device_mapping, ours.blockDeviceMapping),
  };
  const present = Object.entries(written).filter(([key]) => (recorded[key] ?? null) !== null);
  return { ...recorded, ...Object.fromEntries(present) };
}

type Filled = Partial<Pick<LocalDisk, 'deviceName' | 'diskBus' | 'deviceType'> & Pick<VolumeMapping, 'mountDevice'>>;

function filled(recorded: unknown, ours: readonly Filled[]): readonly Json[] {
  const entries: readonly unknown[] = Array.isArray(recorded) ? recorded : [];
  return entries.map((entry, index) => {
    const before = recordOf(entry);
    const device = ours[index] ?? {};
    // Nothing was written to an entry that the mapping never looked at: an entry that it did has a bus.
    if (device.diskBus === undefined || device.deviceType === undefined) return before;
    const field = Object.hasOwn(before, 'device_name') ? 'device_name' : 'mount_device';
    const name = device.mountDevice ?? device.deviceName ?? null;
    return { ...before, [field]: name, disk_bus: device.diskBus, device_type: device.deviceType };
  });
}

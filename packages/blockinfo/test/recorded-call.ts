import {
  InstanceError,
  parseBlockDeviceInfo,
  parseImageMeta,
  parseInstance,
  readImageProperties,
} from '@spawnkit/instance';
import * as blockinfo from '../src/index.ts';
import { argumentsOf, type BlockinfoCase, type Json } from './recorded-case.ts';
import { configOf } from './recorded-config.ts';
import { deviceOf, deviceTypeOf, mappingOf, recordedAfter, recordedInfo, recordedMapping } from './recorded-mapping.ts';

/** Our answer to a recorded call, in the recording's form. Errors pass through, but for the boot order's, which `nameError` names. */
export function answerOf(one: BlockinfoCase, nameError: (error: unknown) => string): Json {
  if (one.function === 'get_disk_info') return diskInfoAnswer(one, nameError);
  const call = calls[one.function];
  if (!call) throw new Error(`The recording calls "${one.function}", which this runner does not know.`);
  return { result: call(one) ?? null };
}

/** Whether the package refused its input; asked here, where the error's class is the one the package throws. */
export function isInvalidInput(error: unknown): boolean {
  return error instanceof InstanceError;
}

type Call = (one: BlockinfoCase) => unknown;

function diskInfoAnswer(one: BlockinfoCase, nameError: (error: unknown) => string): Json {
  const input = argumentsOf(one.input);
  const rescueImage = input.raw('rescue_image_meta');
  const info = blockinfo.getDiskInfo({
    virtType: input.text('virt_type') ?? '',
    instance: parseInstance(input.raw('instance')),
    imageMeta: parseImageMeta(input.raw('image_meta')),
    blockDeviceInfo: parseBlockDeviceInfo(input.raw('block_device_info')),
    rescue: one.input.rescue === true,
    rescueImageMeta: rescueImage === undefined ? undefined : parseImageMeta(rescueImage),
    hostArch: one.host_arch,
    config: configOf(one.config),
  });
  return {
    result: {
      disk_bus: info.diskBus ?? null,
      cdrom_bus: info.cdromBus ?? null,
      mapping: recordedMapping(info.mapping),
    },
    boot_order: bootOrder(info.mapping, nameError),
    block_device_info_after: recordedAfter(one.input.block_device_info, info.blockDeviceInfo),
  };
}

function bootOrder(mapping: blockinfo.DiskMapping, nameError: (error: unknown) => string): unknown {
  try {
    return blockinfo.getBootOrder(mapping);
  } catch (error) {
    return { exception: nameError(error) };
  }
}

const calls: Readonly<Record<string, Call>> = {
  get_disk_bus_for_device_type: (one) =>
    blockinfo.getDiskBusForDeviceType(policyOf(one), deviceTypeOf(argumentsOf(one.input).text('device_type'))),
  get_disk_bus_for_disk_dev: ({ input }) => blockinfo.getDiskBusForDiskDev(argumentsOf(input).text('disk_dev') ?? ''),
  get_dev_prefix_for_disk_bus: ({ input, config }) =>
    blockinfo.getDevPrefixForDiskBus(argumentsOf(input).text('disk_bus'), configOf(config)),
  get_dev_count_for_disk_bus: ({ input, config }) =>
    blockinfo.getDevCountForDiskBus(argumentsOf(input).text('disk_bus'), configOf(config)),
  find_disk_dev_for_disk_bus: (one) =>
    blockinfo.findDiskDevForDiskBus(argumentsOf(one.input).text('bus'), searchOf(one)),
  get_next_disk_info: nextDiskInfo,
  get_eph_disk: ({ input }) => blockinfo.getEphDisk(argumentsOf(input).number('index') ?? 0),
  get_config_drive_type: ({ config }) => blockinfo.getConfigDriveType(configOf(config)),
  get_info_from_bdm: infoFromBdm,
  get_device_name: ({ input }) => blockinfo.getDeviceName(deviceOf(argumentsOf(input).record('bdm'))),
  get_root_info: rootInfo,
  get_boot_order: ({ input }) =>
    blockinfo.getBootOrder(mappingOf(argumentsOf(argumentsOf(input).record('disk_info')).record('mapping'))),
  get_rescue_device: ({ input }) =>
    blockinfo.getRescueDevice(readImageProperties(parseImageMeta(argumentsOf(input).raw('rescue_image_meta')))),
  get_rescue_bus: (one) =>
    blockinfo.getRescueBus(
      policyOf(one, 'rescue_image_meta'),
      deviceTypeOf(argumentsOf(one.input).text('rescue_device')) ?? 'disk',
    ),
  has_disk_dev: ({ input }) => {
    const { record, text } = argumentsOf(input);
    return blockinfo.hasDiskDev(mappingOf(record('mapping')), text('disk_dev') ?? '');
  },
  is_disk_bus_valid_for_virt: ({ input }) => {
    const { text } = argumentsOf(input);
    return blockinfo.isDiskBusValidForVirt(text('virt_type') ?? '', text('disk_bus'));
  },
  get_default_ephemeral_info: defaultEphemeralInfo,
  volume_in_mapping: ({ input }) => {
    const { raw, text } = argumentsOf(input);
    return blockinfo.volumeInMapping(text('mount_device'), parseBlockDeviceInfo(raw('block_device_info')));
  },
  strip_dev: ({ input }) => blockinfo.stripDev(argumentsOf(input).text('device_name')),
  prepend_dev: ({ input }) => blockinfo.prependDev(argumentsOf(input).text('device_name')),
  generate_device_name: ({ input }) => {
    const { number, text } = argumentsOf(input);
    return blockinfo.generateDeviceName(text('prefix') ?? '', number('index') ?? 0);
  },
  swap_is_usable: ({ input }) =>
    blockinfo.swapIsUsable(parseBlockDeviceInfo({ swap: argumentsOf(input).raw('swap') }).swap),
  config_drive_required_by: ({ input, config }) =>
    blockinfo.configDriveRequiredBy(parseInstance(argumentsOf(input).raw('instance')), configOf(config)),
  get_machine_type: (one) => blockinfo.getMachineType(policyOf(one)),
  get_arch: (one) => blockinfo.getArch(policyOf(one)),
};

function policyOf(one: BlockinfoCase, image = 'image_meta'): blockinfo.DiskPolicy {
  const input = argumentsOf(one.input);
  return {
    virtType: input.text('virt_type') ?? '',
    image: readImageProperties(parseImageMeta(input.raw(image) ?? {})),
    hostArch: one.host_arch,
    config: configOf(one.config),
  };
}

function searchOf({ input, config }: BlockinfoCase): blockinfo.DeviceNameSearch {
  const { record, texts } = argumentsOf(input);
  return {
    mapping: mappingOf(record('mapping')),
    config: configOf(config),
    assignedDevices: texts('assigned_devices'),
  };
}

function nextDiskInfo(one: BlockinfoCase): Json {
  const { number, text } = argumentsOf(one.input);
  const deviceType = deviceTypeOf(text('device_type')) ?? 'disk';
  const options = { deviceType, bootIndex: number('boot_index') };
  return recordedInfo(blockinfo.getNextDiskInfo(text('disk_bus'), searchOf(one), options));
}

function infoFromBdm(one: BlockinfoCase): Json {
  const { record, text, texts } = argumentsOf(one.input);
  const { mapping, assignedDevices } = searchOf(one);
  return recordedInfo(
    blockinfo.getInfoFromBdm(policyOf(one), deviceOf(record('bdm')), {
      mapping,
      assignedDevices,
      diskBus: text('disk_bus'),
      devType: text('dev_type'),
      allowedTypes: texts('allowed_types')?.flatMap((type) => deviceTypeOf(type) ?? []),
    }),
  );
}

function rootInfo(one: BlockinfoCase): Json {
  const { raw, record, text } = argumentsOf(one.input);
  const root = raw('root_bdm') === undefined ? undefined : deviceOf(record('root_bdm'));
  return recordedInfo(
    blockinfo.getRootInfo(policyOf(one), root, {
      diskBus: text('disk_bus'),
      cdromBus: text('cdrom_bus'),
      diskFormat: parseImageMeta(raw('image_meta') ?? {}).diskFormat,
      rootDeviceName: text('root_device_name'),
    }),
  );
}

function defaultEphemeralInfo(one: BlockinfoCase): Json | undefined {
  const { raw, text } = argumentsOf(one.input);
  const blockDevices = parseBlockDeviceInfo(raw('block_device_info'));
  const instance = parseInstance(raw('instance'));
  const info = blockinfo.getDefaultEphemeralInfo(instance, text('disk_bus'), blockDevices, searchOf(one));
  return info && recordedInfo(info);
}

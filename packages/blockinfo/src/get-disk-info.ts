import {
  type BlockDeviceInfo,
  type ImageMeta,
  type Instance,
  noBlockDevices,
  readImageProperties,
  stashedImageProperties,
} from '@spawnkit/instance';
import { type BlockinfoConfig, type DiskPolicy, getConfigDriveType } from './config.ts';
import { getDiskBusForDeviceType, getRescueBus, getRescueDevice } from './disk-bus.ts';
import { getNextDiskInfo } from './disk-info.ts';
import type { DiskInfo, DiskMapping } from './disk-mapping.ts';
import { mapDisks } from './map-disks.ts';
import { assertUniqueNames } from './unique-names.ts';

/** What {@link getDiskInfo} decides upon. */
export interface DiskInfoRequest {
  /** `kvm`, `qemu`, `lxc`, `parallels`. */
  readonly virtType: string;
  readonly instance: Instance;
  readonly imageMeta: Pick<ImageMeta, 'properties' | 'diskFormat'>;
  readonly blockDeviceInfo?: BlockDeviceInfo | undefined;
  /** Boot the instance from a rescue disk: first and alone with the root disk, or last when there is a rescue image. */
  readonly rescue?: boolean | undefined;
  readonly rescueImageMeta?: Pick<ImageMeta, 'properties'> | undefined;
  /** Architecture of the host, used when the image names none. */
  readonly hostArch: string;
  readonly config: BlockinfoConfig;
}

/** Which disks a guest gets. */
export interface InstanceDiskInfo {
  readonly diskBus: string | undefined;
  readonly cdromBus: string | undefined;
  readonly mapping: DiskMapping;
  /** The request's, with the chosen device names, buses and types filled in; names given are kept. */
  readonly blockDeviceInfo: BlockDeviceInfo;
}

/**
 * Decides which bus, device name, device type and boot index each disk of the guest gets. Follows `get_disk_info` of Nova
 * 26 (`nova/virt/libvirt/blockinfo.py`), but answers new values instead of writing into the request, keeps swap away from
 * names that volumes were promised, and refuses two disks on one name. Throws {@link BlockinfoError}, and
 * {@link InstanceError} for image properties that are not valid.
 */
export function getDiskInfo(request: DiskInfoRequest): InstanceDiskInfo {
  const { virtType, hostArch, config, rescueImageMeta } = request;
  const policy: DiskPolicy = { virtType, hostArch, config, image: readImageProperties(request.imageMeta) };
  const rescueImage = rescueImageMeta && readImageProperties(rescueImageMeta);
  const buses = {
    diskBus: getDiskBusForDeviceType(policy, 'disk'),
    cdromBus: getDiskBusForDeviceType(policy, 'cdrom'),
  };
  const blockDeviceInfo = request.blockDeviceInfo ?? noBlockDevices;
  const needsConfigDrive = configDriveRequiredBy(request.instance, config);
  if (request.rescue && !rescueImage) {
    const mapping = mapLegacyRescue(policy, buses.diskBus, needsConfigDrive);
    return { ...buses, mapping, blockDeviceInfo };
  }
  const { instance, imageMeta } = request;
  const disks = mapDisks(policy, { instance, diskFormat: imageMeta.diskFormat, blockDeviceInfo, ...buses });
  const mapping = new Map(disks.mapping);
  if (needsConfigDrive) mapping.set('disk.config', configDrive(policy, mapping));
  if (request.rescue && rescueImage) {
    mapping.set('disk.rescue', stableRescueDisk({ ...policy, image: rescueImage }, mapping));
  }
  assertUniqueNames(mapping, disks.blockDeviceInfo);
  return { ...buses, mapping, blockDeviceInfo: disks.blockDeviceInfo };
}

/**
 * Whether the guest gets a config drive: asked for, forced by the host on an instance that never ran, or mandatory for the
 * image the instance was made from.
 */
export function configDriveRequiredBy(
  instance: Pick<Instance, 'configDrive' | 'launchedAt' | 'systemMetadata'>,
  config: Pick<BlockinfoConfig, 'forceConfigDrive'>,
): boolean {
  const image = readImageProperties({ properties: stashedImageProperties(instance) });
  return (
    instance.configDrive !== '' ||
    (config.forceConfigDrive && instance.launchedAt === undefined) ||
    image.imgConfigDrive === 'mandatory'
  );
}

function mapLegacyRescue(policy: DiskPolicy, diskBus: string | undefined, needsConfigDrive: boolean): DiskMapping {
  const { config } = policy;
  const mapping = new Map<string, DiskInfo>();
  const rescue = getNextDiskInfo(diskBus, { mapping, config }, { bootIndex: 1 });
  mapping.set('disk.rescue', rescue).set('root', rescue);
  mapping.set('disk', getNextDiskInfo(diskBus, { mapping, config }));
  if (needsConfigDrive) mapping.set('disk.config.rescue', configDrive(policy, mapping));
  return mapping;
}

function stableRescueDisk(policy: DiskPolicy, mapping: DiskMapping): DiskInfo {
  const deviceType = getRescueDevice(policy.image);
  return getNextDiskInfo(getRescueBus(policy, deviceType), { mapping, config: policy.config }, { deviceType });
}

function configDrive(policy: DiskPolicy, mapping: DiskMapping): DiskInfo {
  const deviceType = getConfigDriveType(policy.config);
  const bus = getDiskBusForDeviceType(policy, deviceType);
  return getNextDiskInfo(bus, { mapping, config: policy.config }, { deviceType });
}

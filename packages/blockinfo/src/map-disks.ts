import type { BlockDeviceInfo, Instance, LocalDisk, SwapDisk, VolumeMapping } from '@spawnkit/instance';
import type { DiskPolicy } from './config.ts';
import { prependDev, stripDev, volumeInMapping } from './device-name.ts';
import { getDefaultEphemeralInfo, getDeviceName, getInfoFromBdm, getNextDiskInfo, getRootInfo } from './disk-info.ts';
import { type DiskInfo, type DiskMapping, getEphDisk, unnamedVolume } from './disk-mapping.ts';

/** What an instance says about its own disks. */
export interface OwnDisks {
  readonly instance: Pick<Instance, 'ephemeralGb' | 'flavor'>;
  readonly diskFormat: string | undefined;
  readonly blockDeviceInfo: BlockDeviceInfo;
  readonly diskBus: string | undefined;
  readonly cdromBus: string | undefined;
}

/** A mapping in the making, and the block device info as far as it is filled in. */
interface Draft {
  readonly mapping: Map<string, DiskInfo>;
  readonly info: BlockDeviceInfo;
}

type Placement = Pick<LocalDisk, 'diskBus' | 'deviceType'>;

/** Places root, ephemeral disks, swap and volumes, in this order: names chosen early are not available later. */
export function mapDisks(policy: DiskPolicy, disks: OwnDisks) {
  const assigned = promisedNames(disks.blockDeviceInfo);
  let draft = placeRoot(policy, disks);
  draft = placeEphemerals(policy, disks, draft, assigned);
  draft = placeSwap(policy, disks, draft, assigned);
  const { mapping, info } = placeVolumes(policy, draft, assigned);
  const result: { mapping: DiskMapping; blockDeviceInfo: BlockDeviceInfo } = { mapping, blockDeviceInfo: info };
  return result;
}

function promisedNames(info: BlockDeviceInfo): readonly string[] {
  const devices = [...info.image, ...info.ephemerals, ...(info.swap ? [info.swap] : []), ...info.blockDeviceMapping];
  return devices.map((device) => stripDev(getDeviceName(device))).filter((name) => name !== undefined);
}

function placeRoot(policy: DiskPolicy, { blockDeviceInfo: info, ...options }: OwnDisks): Draft {
  const [image] = info.image;
  const volume = info.blockDeviceMapping.find(({ bootIndex }) => bootIndex === 0);
  const rootDeviceName = stripDev(info.rootDeviceName);
  const root = getRootInfo(policy, image ?? volume, { ...options, rootDeviceName });
  const mapping = new Map([['root', root]]);
  if (image || !volume) mapping.set('disk', root);
  return {
    mapping,
    info: {
      ...info,
      image: info.image.map((one) => (one === image ? namedDisk(one, root) : one)),
      blockDeviceMapping: info.blockDeviceMapping.map((one) =>
        !image && one === volume ? namedVolume(one, root) : one,
      ),
    },
  };
}

function placeEphemerals(policy: DiskPolicy, disks: OwnDisks, draft: Draft, assignedDevices: readonly string[]): Draft {
  const mapping = new Map(draft.mapping);
  const { config } = policy;
  const ofFlavor = getDefaultEphemeralInfo(disks.instance, disks.diskBus, draft.info, { mapping, config });
  if (ofFlavor) mapping.set('disk.local', ofFlavor);
  const ephemerals = draft.info.ephemerals.map((disk, index) => {
    const placed = getInfoFromBdm(policy, disk, { mapping, diskBus: disks.diskBus, assignedDevices });
    mapping.set(getEphDisk(index), placed);
    return namedDisk(disk, placed);
  });
  return { mapping, info: { ...draft.info, ephemerals } };
}

function placeSwap(policy: DiskPolicy, disks: OwnDisks, draft: Draft, assignedDevices: readonly string[]): Draft {
  const mapping = new Map(draft.mapping);
  const { swap } = draft.info;
  if (swap && swap.swapSize > 0) {
    const placed = getInfoFromBdm(policy, swap, { mapping, diskBus: disks.diskBus, assignedDevices });
    mapping.set('disk.swap', placed);
    return { mapping, info: { ...draft.info, swap: namedDisk(swap, placed) } };
  }
  if (disks.instance.flavor.swap <= 0) return draft;
  const placed = getNextDiskInfo(disks.diskBus, { mapping, config: policy.config, assignedDevices });
  if (!volumeInMapping(placed.dev, draft.info)) mapping.set('disk.swap', placed);
  return { mapping, info: draft.info };
}

function placeVolumes(policy: DiskPolicy, draft: Draft, assignedDevices: readonly string[]): Draft {
  const mapping = new Map(draft.mapping);
  const blockDeviceMapping = draft.info.blockDeviceMapping.map((volume) => {
    const placed = getInfoFromBdm(policy, volume, { mapping, assignedDevices });
    mapping.set(prependDev(placed.dev) ?? unnamedVolume, placed);
    return namedVolume(volume, placed);
  });
  return { mapping, info: { ...draft.info, blockDeviceMapping } };
}

function namedDisk<Disk extends LocalDisk | SwapDisk>(disk: Disk, placed: DiskInfo): Disk {
  return { ...disk, ...placement(placed), deviceName: disk.deviceName || prependDev(placed.dev) };
}

function namedVolume(volume: VolumeMapping, placed: DiskInfo): VolumeMapping {
  return { ...volume, ...placement(placed), mountDevice: volume.mountDevice || prependDev(placed.dev) };
}

function placement({ bus, type }: DiskInfo): Placement {
  return { diskBus: bus, deviceType: type };
}

import { prependDev, unnamedVolume } from '@spawnkit/blockinfo';
import type { Controller, Disk, Filesystem } from '@spawnkit/guest-config';
import { designDisk, type DiskPlan } from './disk.ts';
import { checkDiskBus, checkLunSource, checkSharing } from './disk-bus.ts';
import { checkPlaces } from './disk-place.ts';
import { volumeTuning } from './disk-tuning.ts';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isQemu, isS390 } from './guest-policy.ts';

/** The storage devices of a guest. */
export interface Storage {
  readonly disks: readonly Disk[];
  readonly filesystems: readonly Filesystem[];
  readonly controllers: readonly Controller[];
}

/** SCSI controllers that libvirt 9 takes; the second ones do not exist for mainframes. */
const paravirtualControllers: readonly string[] = ['virtio-scsi', 'ibmvscsi'];
const pciControllers: readonly string[] = ['lsilogic', 'lsisas1068', 'lsisas1078', 'vmpvscsi'];

/**
 * Every disk of the mapping, in Nova's order: root, ephemeral disks, swap, config drive, volumes, and last a rescue disk that
 * boots before them. Follows `_get_guest_storage_config`. Throws `DISK_SOURCE_INVALID`, `INVALID_EXTRA_SPEC`.
 */
export function guestStorage(policy: GuestPolicy): Storage {
  const units = scsiUnits(policy);
  return {
    disks: plannedDisks(policy).map((one) => designDisk(policy, { ...one, ...(units && { unit: units(one) }) })),
    filesystems: isQemu(policy) ? [] : [rootFilesystem(policy)],
    controllers: scsiController(policy),
  };
}

/**
 * Refuses disks and controllers that libvirt would refuse. Nova leaves that to libvirt, and so comes to it last. Throws
 * `DISK_BUS_UNAVAILABLE`, `DISK_SOURCE_INVALID`, `SCSI_MODEL_UNAVAILABLE`.
 */
export function checkStorage(policy: GuestPolicy): void {
  const disks = plannedDisks(policy);
  for (const { name, info, source } of disks) if (info.type === 'lun') checkLunSource(name, source);
  if (!isQemu(policy)) return;
  checkScsiModel(policy);
  for (const { name, info, source, volume } of disks) {
    checkDiskBus(policy, name, info);
    checkSharing(name, { info, source, tuning: volume && volumeTuning(volume) });
  }
  const isNumbered = scsiUnits(policy) !== undefined;
  checkPlaces(disks.filter(({ info }) => !isNumbered || info.bus !== 'scsi'));
}

/** A disk that has no number on its controller yet. */
type PlannedDisk = Omit<DiskPlan, 'unit'>;

function plannedDisks(policy: GuestPolicy): readonly PlannedDisk[] {
  const own = isQemu(policy) ? ownDisks(policy) : [];
  return [...own, ...volumes(policy), ...stableRescue(policy)];
}

function ownDisks(policy: GuestPolicy): readonly PlannedDisk[] {
  const { diskMapping } = policy.request;
  const ephemerals = [...diskMapping.keys()].filter((name) => name.startsWith('disk.eph'));
  const names = legacyRescue(policy)
    ? ['disk.rescue', 'disk', 'disk.config.rescue']
    : ['disk', 'disk.local', ...ephemerals, 'disk.swap', 'disk.config'];
  return names.filter((name) => diskMapping.has(name)).map((name) => mapped(policy, name));
}

function volumes(policy: GuestPolicy): readonly PlannedDisk[] {
  const { blockDeviceMapping } = policy.request.blockDeviceInfo;
  // The root volume of a container is mounted, not attached.
  const attached = blockDeviceMapping.filter(({ bootIndex }) => isQemu(policy) || bootIndex !== 0);
  // A rescue without stable device names leaves volumes out.
  const placed = legacyRescue(policy) ? [] : attached;
  return placed.map((volume) => ({ ...mapped(policy, prependDev(volume.mountDevice) ?? unnamedVolume), volume }));
}

function mapped({ request }: GuestPolicy, name: string): PlannedDisk {
  const info = request.diskMapping.get(name);
  const source = request.disks.get(name);
  if (info && source) return { name, info, source };
  const missing = info ? 'has no source' : 'is not in the disk mapping';
  throw new DesignerError('DISK_SOURCE_INVALID', `The disk "${name}" ${missing}.`, {
    context: { name, sources: [...request.disks.keys()], mapping: [...request.diskMapping.keys()] },
    fix: 'Give every disk of the mapping a source under the name that it has there.',
  });
}

/** Whether the rescue disk takes the place of the root disk; disks of containers have no names that could tell. */
function legacyRescue({ request }: GuestPolicy): boolean {
  const [rescue, root] = [request.diskMapping.get('disk.rescue'), request.diskMapping.get('root')];
  return request.rescue === true && rescue?.dev === root?.dev && rescue?.bootIndex === root?.bootIndex;
}

/** The rescue disk beside all others, from which the guest boots. */
function stableRescue(policy: GuestPolicy): readonly PlannedDisk[] {
  if (policy.request.rescue !== true || legacyRescue(policy)) return [];
  return [{ ...mapped(policy, 'disk.rescue'), bootsFirst: true }];
}

function rootFilesystem({ request }: GuestPolicy): Filesystem {
  if (request.rootfsPath !== undefined) {
    return { type: 'mount', source: { dir: request.rootfsPath }, target: { dir: '/' } };
  }
  const message = 'A container needs a directory as its root, and rootfsPath is missing.';
  const fix = 'Mount the root disk and name the directory as rootfsPath.';
  throw new DesignerError('DISK_SOURCE_INVALID', message, { fix });
}

function scsiController({ image }: GuestPolicy): readonly Controller[] {
  const model = image.hwScsiModel;
  return model === undefined ? [] : [{ type: 'scsi', index: 0, model }];
}

function checkScsiModel(policy: GuestPolicy): void {
  const { arch, image } = policy;
  const model = image.hwScsiModel;
  const usable = isS390(policy) ? paravirtualControllers : [...paravirtualControllers, ...pciControllers];
  if (model === undefined || usable.includes(model)) return;
  const message = `The image wishes for the SCSI controller "${model}", which QEMU's ${arch} machines do not have.`;
  const fix = `Choose the image's property hw_scsi_model among ${usable.join(', ')}.`;
  throw new DesignerError('SCSI_MODEL_UNAVAILABLE', message, { context: { model, arch }, fix });
}

/**
 * Numbers the disks of a virtio-scsi controller, which takes 256 of them when each has its place. A volume that boots is
 * number 0; as in Nova, volumes on other buses count too.
 */
function scsiUnits({ image, request }: GuestPolicy): ((disk: PlannedDisk) => number | undefined) | undefined {
  if (image.hwScsiModel !== 'virtio-scsi') return undefined;
  let next = request.blockDeviceInfo.blockDeviceMapping.some(({ bootIndex }) => bootIndex === 0) ? 1 : 0;
  return ({ volume, info }) => {
    if (volume?.bootIndex === 0) return 0;
    return volume || info.bus === 'scsi' ? next++ : undefined;
  };
}

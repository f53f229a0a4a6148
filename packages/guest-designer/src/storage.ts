import { prependDev, unnamedVolume } from '@spawnkit/blockinfo';
import type { Controller, Disk, Filesystem } from '@spawnkit/guest-config';
import { designDisk, type DiskPlan } from './disk.ts';
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
 * boots before them. Follows `_get_guest_storage_config`. Throws `DISK_SOURCE_INVALID`, `DISK_BUS_UNAVAILABLE`,
 * `SCSI_MODEL_UNAVAILABLE`, `INVALID_EXTRA_SPEC`.
 */
export function guestStorage(policy: GuestPolicy): Storage {
  const units = scsiUnits(policy);
  const own = isQemu(policy) ? ownDisks(policy) : [];
  const all = [...own, ...volumes(policy), ...stableRescue(policy)];
  return {
    disks: all.map((one) => designDisk(policy, { ...one, ...(units && { unit: units(one) }) })),
    filesystems: isQemu(policy) ? [] : [rootFilesystem(policy)],
    controllers: scsiController(policy),
  };
}

/** A disk that has no number on its controller yet. */
type PlannedDisk = Omit<DiskPlan, 'unit'>;

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

/** Whether the rescue disk takes the place of the root disk. */
function legacyRescue({ request }: GuestPolicy): boolean {
  const { rescue, diskMapping } = request;
  return rescue === true && diskMapping.get('disk.rescue')?.dev === diskMapping.get('root')?.dev;
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

function scsiController(policy: GuestPolicy): readonly Controller[] {
  const { arch, image } = policy;
  const model = image.hwScsiModel;
  if (model === undefined) return [];
  const usable = isS390(policy) ? paravirtualControllers : [...paravirtualControllers, ...pciControllers];
  if (!isQemu(policy) || usable.includes(model)) return [{ type: 'scsi', index: 0, model }];
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

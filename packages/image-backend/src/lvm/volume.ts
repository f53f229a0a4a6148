import { EffectsError } from '@spawnkit/effects';
import { MiB } from '../byte-units.ts';
import { ImageBackendError } from '../errors.ts';
import { groupFull, lvm, lvmFailure, lvmReport } from './lvm-command.ts';
import type { LvmContext, VolumeOptions } from './lvm-options.ts';
import { readVolumeGroup, type VolumeGroup } from './volume-group.ts';
import { belongsTo, poolOf, type Volume, volumeSpec } from './volume-name.ts';

/** What LVM says of a volume. */
export interface VolumeFacts extends Volume {
  readonly bytes: bigint;
  /** A program or another device has it open. */
  readonly isOpen: boolean;
  /** `thin` lies in a pool; `merging` takes back a snapshot as soon as nobody has it open. */
  readonly kind: 'thick' | 'thin' | 'pool' | 'merging';
}

/** By the first letter of `lv_attr`, lvs(8). */
const KINDS: ReadonlyMap<string | undefined, VolumeFacts['kind']> = new Map([
  ['V', 'thin'],
  ['t', 'pool'],
  ['O', 'merging'],
]);
/** Every sparse disk's pool has at least so much, as Nova's. */
const POOL_BYTES = 64n * MiB;

/** A volume and all that belongs to it: drafts, snapshots, pools. Throws `STORAGE_UNREACHABLE`. */
export async function familyOf(
  context: LvmContext,
  volume: Volume,
  { signal }: VolumeOptions,
): Promise<readonly VolumeFacts[]> {
  const { group } = volume;
  const what = `list the volumes of the group "${group}"`;
  const rows = await lvmReport(context, 'lvs', { group, fields: ['lv_name', 'lv_size', 'lv_attr'], what, signal });
  return rows
    .filter(({ lv_name: name = '' }) => belongsTo(volume, name))
    .map(({ lv_name: name = '', lv_size: bytes = '0', lv_attr: attributes = '' }) => ({
      group,
      name,
      bytes: BigInt(bytes),
      isOpen: attributes[5] === 'o',
      kind: KINDS.get(attributes[0]) ?? 'thick',
    }));
}

/** Undefined when it is not there. */
export async function findVolume(
  context: LvmContext,
  volume: Volume,
  options: VolumeOptions,
): Promise<VolumeFacts | undefined> {
  return (await familyOf(context, volume, options)).find(({ name }) => name === volume.name);
}

/** Throws `DISK_NOT_FOUND`. */
export async function needVolume(context: LvmContext, volume: Volume, options: VolumeOptions): Promise<VolumeFacts> {
  const found = await findVolume(context, volume, options);
  if (found) return found;
  const disk = volumeSpec(volume);
  throw new ImageBackendError('DISK_NOT_FOUND', `There is no disk "${disk}". Create it first.`, { disk });
}

/** Throws `DISK_EXISTS`: to be asked before much is done for a volume that cannot be. */
export async function checkNewVolume(context: LvmContext, volume: Volume, options: VolumeOptions): Promise<void> {
  if (await findVolume(context, volume, options)) throw volumeExists(volume);
}

export interface NewVolumeSize extends VolumeOptions {
  readonly sizeBytes: bigint;
  /** How much of it is going to be written at once: a sparse one needs room for that. */
  readonly filledBytes: bigint;
}

/** Answers the size that it has: whole extents. Throws `NO_SPACE` before anything is made. */
export async function createVolume(context: LvmContext, volume: Volume, request: NewVolumeSize): Promise<bigint> {
  const { sizeBytes, filledBytes, signal } = request;
  const { sparseLogicalVolumes: sparse } = context;
  const what = `make the volume "${volumeSpec(volume)}" of ${sizeBytes} bytes`;
  const poolBytes = filledBytes > POOL_BYTES ? filledBytes : POOL_BYTES;
  const { extentBytes, freeBytes } = await readGroup(context, volume, { signal });
  const takenBytes = sparse ? poolBytes : sizeBytes;
  if (takenBytes > freeBytes) throw groupFull(what, { takenBytes: `${takenBytes}`, freeBytes: `${freeBytes}` });
  const size = sparse
    ? ['-L', `${poolBytes}b`, '--virtualsize', `${sizeBytes}b`, '--type', 'thin', '--thinpool', poolOf(volume).name]
    : ['-L', `${sizeBytes}b`];
  await lvm(context, 'lvcreate', ['--yes', ...size, '-n', volume.name, volume.group], { what, signal });
  return roundUp(sizeBytes, extentBytes);
}

/** A size as the volumes of a group have it: whole extents. */
export async function wholeExtents(
  context: LvmContext,
  volume: Volume,
  bytes: bigint,
  options: VolumeOptions,
): Promise<bigint> {
  return roundUp(bytes, (await readGroup(context, volume, options)).extentBytes);
}

/** Of several that give one name, LVM lets the first. Throws `DISK_EXISTS`. */
export async function renameVolume(
  { exec }: LvmContext,
  from: Volume,
  to: Volume,
  { signal }: VolumeOptions,
): Promise<void> {
  try {
    await exec('lvrename', [to.group, from.name, to.name], { signal });
  } catch (cause) {
    if (cause instanceof EffectsError && /already exists/.test(String(cause.context['stderr']))) throw volumeExists(to);
    throw lvmFailure(`name the volume "${volumeSpec(to)}"`, cause, signal);
  }
}

export async function extendVolume(
  context: LvmContext,
  volume: Volume,
  sizeBytes: bigint,
  { signal }: VolumeOptions,
): Promise<void> {
  const what = `grow the volume "${volumeSpec(volume)}"`;
  await lvm(context, 'lvextend', ['-L', `${sizeBytes}b`, volumeSpec(volume)], { what, signal });
}

export async function deleteVolume(context: LvmContext, volume: Volume, { signal }: VolumeOptions): Promise<void> {
  const what = `remove the volume "${volumeSpec(volume)}"`;
  await lvm(context, 'lvremove', ['-f', volumeSpec(volume)], { what, signal });
}

function readGroup(context: LvmContext, { group }: Volume, options: VolumeOptions): Promise<VolumeGroup> {
  return readVolumeGroup({ exec: context.exec, imagesVolumeGroup: group }, options);
}

function roundUp(bytes: bigint, unit: bigint): bigint {
  return ((bytes + unit - 1n) / unit) * unit;
}

export function volumeExists(volume: Volume): ImageBackendError {
  const disk = volumeSpec(volume);
  return new ImageBackendError(
    'DISK_EXISTS',
    `There is a disk "${disk}" already; it was left alone. Remove it first, or choose another name.`,
    { disk },
  );
}

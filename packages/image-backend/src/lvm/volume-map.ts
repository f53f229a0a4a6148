import type { DiskId } from '../image-backend.ts';
import { lvm, lvmFailure } from './lvm-command.ts';
import type { LvmContext, VolumeEncryption, VolumeOptions } from './lvm-options.ts';
import { familyOf } from './volume.ts';
import { belongsTo, devicePath, mapName, mapPath, type Volume, volumeSpec } from './volume-name.ts';

/** Where the bytes of a disk are found once it is open: its volume, or the device that decrypts it. */
export function openPath(context: LvmContext, volume: Volume): string {
  return context.encryption ? mapPath(context, volume) : devicePath(context, volume);
}

/**
 * Makes the device that decrypts a volume; answers where the bytes are. Idempotent; nothing where nothing is encrypted.
 * `disk` says whose key it is.
 */
export async function openMap(
  context: LvmContext,
  volume: Volume,
  { disk, signal }: { readonly disk: DiskId } & VolumeOptions,
): Promise<string> {
  const path = openPath(context, volume);
  if (!context.encryption) return path;
  const maps = await mapsOf(context, volume, { signal });
  if (maps.includes(mapName(volume))) return path;
  const orphan = maps.length === 0 ? undefined : await orphanOf(context, volume, maps, { signal });
  if (orphan === undefined) await decrypt(context, volume, context.encryption, { disk, signal });
  else await renameDevice(context, orphan, mapName(volume), { signal });
  return path;
}

/** Of a creation that was killed when its volume had got its name, and the device had not. */
async function orphanOf(
  context: LvmContext,
  volume: Volume,
  maps: readonly string[],
  options: VolumeOptions,
): Promise<string | undefined> {
  const owned = (await familyOf(context, volume, options)).map(mapName);
  return maps.find((name) => !owned.includes(name));
}

async function decrypt(
  context: LvmContext,
  volume: Volume,
  { keyOf, cipher = 'aes-xts-plain64', keySizeBits = 512 }: VolumeEncryption,
  { disk, signal }: { readonly disk: DiskId } & VolumeOptions,
): Promise<void> {
  const key = await keyOf(disk, { signal });
  const flags = [`--cipher=${cipher}`, `--key-size=${keySizeBits}`, '--key-file=-'];
  try {
    const args = ['create', mapName(volume), devicePath(context, volume), ...flags];
    await context.exec('cryptsetup', args, { input: key, signal });
  } catch (cause) {
    throw lvmFailure(`decrypt the volume "${volumeSpec(volume)}"`, cause, signal);
  }
}

/** Lets the device of a volume that got another name follow it. */
export async function renameMap(context: LvmContext, from: Volume, to: Volume, options: VolumeOptions): Promise<void> {
  if (context.encryption) await renameDevice(context, mapName(from), mapName(to), options);
}

/** Removes the device of a volume, and with `family` those of all that belongs to it. Idempotent. Throws `DISK_BUSY`. */
export async function closeMap(
  context: LvmContext,
  volume: Volume,
  { family = false, signal }: { readonly family?: boolean } & VolumeOptions,
): Promise<void> {
  for (const name of await mapsOf(context, volume, { signal })) {
    if (!family && name !== mapName(volume)) continue;
    await lvm(context, 'cryptsetup', ['close', name], { what: `close the device "${name}"`, signal });
  }
}

/** Lets the device of a volume that grew grow with it. */
export async function growMap(context: LvmContext, volume: Volume, { signal }: VolumeOptions): Promise<void> {
  if (!context.encryption) return;
  const what = `grow the device "${mapName(volume)}"`;
  await lvm(context, 'cryptsetup', ['resize', mapName(volume)], { what, signal });
}

async function renameDevice(context: LvmContext, from: string, to: string, { signal }: VolumeOptions): Promise<void> {
  // Where no udev does, the program itself renames the file of the device.
  await lvm(context, 'dmsetup', ['rename', '--verifyudev', from, to], { what: `name the device "${to}"`, signal });
}

/** Of a volume and of all that belongs to it. */
async function mapsOf(context: LvmContext, volume: Volume, { signal }: VolumeOptions): Promise<readonly string[]> {
  if (!context.encryption) return [];
  const stdout = await lvm(context, 'dmsetup', ['ls', '--target', 'crypt'], { what: 'list decrypted devices', signal });
  const names = [...stdout.matchAll(/^(\S+)\s+\(/gm)].map(([, name = '']) => name);
  const suffix = mapName({ name: '' });
  return names.filter((name) => name.endsWith(suffix) && belongsTo(volume, name.slice(0, -suffix.length)));
}

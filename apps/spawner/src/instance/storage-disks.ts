import { ImageBackendError } from '@spawnkit/image-backend';
import type { Acts } from '../spawn/acts.ts';
import { asideName } from './instance-files.ts';
import type { KnownInstance } from './inventory.ts';
import { isKept } from './kept-disks.ts';
import { isRescued, rescueDisks } from './is-rescued.ts';
import { storedAttachments } from '../request/stored-request.ts';
import type { Storage } from '../spawn/storage.ts';

/** Disks outside of the instance path that an operation puts others in the place of, or makes anew. */
export interface DiskChange {
  readonly uuid: string;
  /** Names that were there; each is kept aside until the operation has succeeded. */
  readonly replaced: readonly string[];
  /** Names that were not there. */
  readonly made: readonly string[];
}

/** Whether the disks of an instance lie outside of its path. */
export function liesElsewhere({ storage }: Pick<KnownInstance, 'storage'>): boolean {
  return storage?.imagesType === 'lvm' || storage?.imagesType === 'rbd';
}

/** Names of the disks that an instance was made with and that lie outside of its path, as its journal says. */
export function disksElsewhere({ journal }: Pick<KnownInstance, 'journal'>): readonly string[] {
  const claims = journal.entries.filter(({ kind, state }) => kind === 'disks' && state !== 'undone');
  return claims.flatMap(({ data }) => (data as unknown as Acts['disks']).names); // what this kind is journalled with
}

/** Makes room: disks that are to be replaced get another name in their storage. */
export async function putDisksAside({ uuid, replaced }: DiskChange, { disks }: Storage): Promise<void> {
  for (const name of replaced) await disks.rename?.({ disk: { instanceId: uuid, name }, name: asideName(name) });
}

/**
 * The inverse of {@link putDisksAside} and of all that was made since. Idempotent: a disk that is not aside was never
 * moved, or is back already, and is left alone.
 */
export async function putDisksBack({ uuid, replaced, made }: DiskChange, { disks }: Storage): Promise<void> {
  const disk = (name: string) => ({ instanceId: uuid, name });
  for (const name of made) await disks.remove(disk(name));
  for (const name of replaced) {
    const aside = disk(asideName(name));
    if (await disks.exists(aside)) await disks.remove(disk(name));
    // Also where only a part of it had moved.
    await disks.rename?.({ disk: aside, name }).catch(unlessMissing);
  }
}

/**
 * What goes with an instance of all that lies outside of its path: what it was made with, what it was given since, and
 * where its disks are kept, only its config drive.
 */
export async function doomedDisks(instancePath: string, names: readonly string[]): Promise<readonly string[]> {
  if (await isKept(instancePath)) return names.filter((name) => name.startsWith('disk.config'));
  const rescue = (await isRescued({ instancePath })) ? rescueDisks : [];
  return [...names, ...rescue, ...(await storedAttachments(instancePath))];
}

/** The disks outside of the instance path that stay where they are kept, as people find them. */
export function keptElsewhere(instance: Pick<KnownInstance, 'journal' | 'storage' | 'uuid'>): readonly string[] {
  const { storage, uuid } = instance;
  const names = disksElsewhere(instance).filter((name) => !name.startsWith('disk.config'));
  if (storage?.imagesType === 'lvm') {
    return names.map((name) => `/dev/${storage.imagesVolumeGroup}/${uuid}_${name.replaceAll('_', '__')}`);
  }
  return names.map((name) => `rbd:${storage?.imagesRbdPool ?? 'rbd'}/${uuid}_${name}`);
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof ImageBackendError && error.code === 'DISK_NOT_FOUND')) throw error;
}

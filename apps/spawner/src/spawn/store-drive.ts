import { basename, join } from 'node:path';
import { removeConfigDrive } from '@spawnkit/configdrive';
import type { Storage } from './storage.ts';

export interface StoreDriveOptions {
  readonly instancePath: string;
  /** Default `disk.config`. */
  readonly name?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where the storage of the disks takes files, moves a config drive there that was built in the instance path, as Nova
 * does for RBD. Throws what `RbdBackend.importFile` throws.
 */
export async function storeConfigDrive(
  { disks }: Pick<Storage, 'disks'>,
  { instancePath, name = 'disk.config', signal }: StoreDriveOptions,
): Promise<void> {
  if (!disks.importFile) return;
  const path = join(instancePath, name);
  await disks.importFile({ disk: { instanceId: basename(instancePath), name }, path, signal });
  await removeConfigDrive(path);
}

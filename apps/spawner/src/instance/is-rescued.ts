import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KnownInstance } from './inventory.ts';

/** Nova's name for the definition that a rescued instance goes back to. */
export const OWN_DEFINITION = 'unrescue.xml';

/** Nova's names for the disks that only a rescued guest has. */
export const rescueDisks = ['disk.rescue', 'disk.config.rescue'] as const;

/** Whether the instance is rescued at present. */
export async function isRescued({ instancePath }: Pick<KnownInstance, 'instancePath'>): Promise<boolean> {
  return stat(join(instancePath, OWN_DEFINITION)).then(
    () => true,
    () => false,
  );
}

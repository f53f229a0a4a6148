import type { DiskSource } from '@spawnkit/guest-designer';
import type { VolumeSource } from '../src/index.ts';

/** Compiles as long as what volumes produce is what guests are designed from. */
export const asDesigned = (source: VolumeSource): DiskSource => source;

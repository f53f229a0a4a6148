import { join } from 'node:path';
import { group } from '../../../../packages/image-backend/test/uml/volume-group.ts';
import type { Settings } from '../../src/index.ts';

/** Where the lab has built the tiny guest. */
export const tiny = join(process.env['SPAWNKIT_LAB'] ?? join(import.meta.dirname, '../../../../.lab'), 'tiny');

/** Of a spawner in user-mode Linux, whose instances have their disks on the machine's volume group. */
export function lvmSettings({ statePath, instancesPath }: Pick<Settings, 'statePath' | 'instancesPath'>): Settings {
  return {
    uri: 'qemu:///system',
    statePath,
    instancesPath,
    imagesType: 'lvm',
    imagesVolumeGroup: group,
    virtType: 'qemu',
    tcgTbCacheMib: 64,
    startTimeoutS: 120,
    vifPluggingTimeoutS: 60,
    vifPluggingIsFatal: true,
  };
}

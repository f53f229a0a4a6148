import '../sources.ts';
import { join } from 'node:path';

/** `node kill-at-command.ts INSTANCES KIND STEP` makes a disk of an image on volumes of one kind, and kills itself at a step. */
const [instancesPath = '', kind = '', step = ''] = process.argv.slice(2);
const { hostExec } = await import('@spawnkit/effects');
const { lvmBackend } = await import('../../src/lvm-backend.ts');
const { openImageCache } = await import('../../src/open-image-cache.ts');
const { execUntilKilled } = await import('../exec-until-killed.ts');
const { group, kinds } = await import('./volume-group.ts');

const cache = openImageCache({ instancesPath, exec: hostExec() });
const base = await cache.pull({ source: { type: 'file', path: join(instancesPath, 'source') }, kind: 'disk' });
const exec = execUntilKilled(Number(step), 20);
const backend = lvmBackend({ instancesPath, exec, imagesVolumeGroup: group, ...kinds[kind] });
await backend.create({ disk: { instanceId: 'uuid', name: 'disk' }, base, sizeBytes: 2n * 1024n ** 2n });

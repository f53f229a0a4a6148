import './sources.ts';
import { join } from 'node:path';

/**
 * `node kill-rbd-at-command.ts ACT STEP OPTIONS` makes a disk in Ceph and kills itself at a step. OPTIONS are, as JSON,
 * the backend's without `exec`, and `instanceId` and `location`.
 */
const [act = '', step = '', text = ''] = process.argv.slice(2);
const { hostExec } = await import('@spawnkit/effects');
const { openImageCache } = await import('../src/open-image-cache.ts');
const { rbdBackend } = await import('../src/rbd-backend.ts');
const { execUntilKilled } = await import('./exec-until-killed.ts');

interface Options extends Omit<Parameters<typeof rbdBackend>[0], 'exec'> {
  readonly instanceId: string;
  readonly location: string;
}

const { instanceId, location, ...options } = JSON.parse(text) as Options;
const { instancesPath } = options;
const disk = { instanceId, name: 'disk' };
const sizeBytes = 2n * 1024n ** 2n;
const cache = openImageCache({ instancesPath, exec: hostExec() });
const base = await cache.pull({ source: { type: 'file', path: join(instancesPath, 'source') }, kind: 'disk' });
const backend = rbdBackend({ ...options, exec: execUntilKilled(Number(step), 30) });
if (act === 'create') await backend.create({ disk, base, sizeBytes });
else await backend.clone({ disk, locations: [location], imageFormat: 'raw', sizeBytes });

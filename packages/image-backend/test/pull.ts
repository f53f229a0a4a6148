import './sources.ts';

/** `node pull.ts INSTANCES URL` pulls a disk image and answers whether it was in the cache. */
const [instancesPath = '', url = ''] = process.argv.slice(2);
const { hostExec } = await import('@spawnkit/effects');
const { openImageCache } = await import('../src/open-image-cache.ts');

const cache = openImageCache({ instancesPath, exec: hostExec() });
const { fromCache } = await cache.pull({ source: { type: 'http', url }, kind: 'disk' });
process.stdout.write(`${fromCache}\n`);

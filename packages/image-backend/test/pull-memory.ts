import './sources.ts';

/** `node pull-memory.ts INSTANCES PATH` pulls a disk image that is a file, and answers the most memory it took, in KiB. */
const [instancesPath = '', path = ''] = process.argv.slice(2);
const { hostExec } = await import('@spawnkit/effects');
const { openImageCache } = await import('../src/open-image-cache.ts');

const cache = openImageCache({ instancesPath, exec: hostExec() });
await cache.pull({ source: { type: 'file', path }, kind: 'disk' });
process.stdout.write(`${process.resourceUsage().maxRSS}\n`);

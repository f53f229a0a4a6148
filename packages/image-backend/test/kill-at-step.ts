import './sources.ts';
import { promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import type { Exec } from '@spawnkit/effects';

/**
 * `node kill-at-step.ts INSTANCES ACT STEP` does one act and kills itself with SIGKILL at a step: each call of the file
 * system is one, and each command three (before, while it runs, after). Answers `done` when the act has fewer steps.
 */
const [instancesPath = '', act = '', stepArgument = ''] = process.argv.slice(2);
const killAt = Number(stepArgument);

const { hostExec } = await import('@spawnkit/effects');
const { openImageCache } = await import('../src/open-image-cache.ts');
const { qcow2Backend } = await import('../src/qcow2-backend.ts');
const { rawBackend } = await import('../src/raw-backend.ts');

const real = hostExec();
let steps = 0;
const die = () => process.kill(process.pid, 'SIGKILL');
const step = () => {
  if (steps++ === killAt) die();
};
const exec: Exec = async (file, args, options) => {
  step();
  const running = real(file, args, options);
  if (steps++ === killAt) setTimeout(die, 4);
  const result = await running;
  step();
  return result;
};

const disk = { instanceId: 'uuid', name: 'disk' };
const cache = openImageCache({ instancesPath, exec, forceRawImages: act === 'pull' });
const pull = () =>
  cache.pull({ source: { type: 'file', path: join(instancesPath, 'source') }, kind: 'disk', imageId: 'image' });
const acts: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
  pull: async () => pull,
  prune: async () => () => cache.prune({ minAgeMs: 0 }),
  raw: async () => {
    const base = await pull();
    return () => rawBackend({ instancesPath, exec }).create({ disk, base, sizeBytes: 4n * 1024n ** 2n });
  },
  qcow2: async () => {
    const base = await pull();
    return () => qcow2Backend({ instancesPath, exec }).create({ disk, base, sizeBytes: 4n * 1024n ** 2n });
  },
  swap: async () => () => qcow2Backend({ instancesPath, exec }).createSwap({ disk, mb: 1 }),
};
const run = await acts[act]?.();
if (!run) throw new Error(`unknown act "${act}"`);

const counted = [
  'open',
  'chmod',
  'link',
  'rm',
  'rename',
  'utimes',
  'mkdir',
  'readFile',
  'stat',
  'readdir',
  'copyFile',
] as const;
for (const name of counted) {
  const original = promises[name] as (...args: unknown[]) => unknown;
  Object.assign(promises, {
    [name]: (...args: unknown[]) => {
      step();
      return original(...args);
    },
  });
}
syncBuiltinESMExports();
steps = 0;
await run();
process.stdout.write('done\n');

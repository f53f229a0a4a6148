import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openHost } from '../host.ts';
import { requestFromSpec } from '../request/request.ts';
import { readSettings } from '../settings.ts';
import { parseSpec } from '../spec/read-spec.ts';
import { checkSpace } from './check-space.ts';

/** Bytes that the file system says are free. */
let freeBytes: bigint;
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<object>()),
  statfs: async () => ({ bavail: freeBytes / 4096n, bsize: 4096n }),
}));

const MiB = 1n << 20n;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'check-space-'));
});
afterEach(async () => await rm(directory, { recursive: true, force: true }));

async function check(free: bigint, image = ''): Promise<void> {
  freeBytes = free;
  const env = { SPAWNKIT_STATE: directory, SPAWNKIT_CONFIG: join(directory, 'none.yaml') };
  await writeFile(env.SPAWNKIT_CONFIG, '');
  await using host = openHost({ settings: await readSettings({ env, uid: 0 }) });
  const spec = parseSpec(`name: web\nflavor: { disk: 1GiB }\n${image}`);
  await checkSpace(host, requestFromSpec({ spec, directory }), {});
}

test('checkSpace wants room for a local image that is not in the cache, by what it takes on its disk', async () => {
  await writeFile(join(directory, 'full.img'), Buffer.alloc(Number(24n * MiB), 1));
  await expect(check(30n * MiB, 'image: full.img')).rejects.toMatchObject({
    code: 'NO_CAPACITY',
    message: expect.stringMatching(/^"web" needs 40 ?MiB below ".*", where 30 ?MiB are free$/),
    context: { check: 'space' },
  });
  await expect(check(64n * MiB, 'image: full.img')).resolves.toBeUndefined();
});

test('checkSpace counts no holes, and wants a little for any instance', async () => {
  await writeFile(join(directory, 'holes.img'), 'x');
  await truncate(join(directory, 'holes.img'), Number(1024n * MiB));
  await expect(check(30n * MiB, 'image: holes.img')).resolves.toBeUndefined();
  await expect(check(MiB)).rejects.toMatchObject({ code: 'NO_CAPACITY' });
});

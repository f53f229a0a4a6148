import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { expect, test } from 'vitest';
import { openImageCache } from '../open-image-cache.ts';
import { diskBytes } from '../testing/images.ts';

const exec = hostExec();
const MiB = 1024 ** 2;

test('on a file system that shares blocks a fetched file takes no further room', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'reflink-'));
  const mounted = join(directory, 'mounted');
  await writeFile(join(directory, 'xfs'), '');
  await truncate(join(directory, 'xfs'), 320 * MiB);
  try {
    await exec('mkfs.xfs', ['-q', '-m', 'reflink=1', join(directory, 'xfs')]);
    await exec('mkdir', [mounted]);
    await exec('mount', ['-o', 'loop', join(directory, 'xfs'), mounted]);
  } catch (error) {
    await rm(directory, { recursive: true });
    context.skip(`no xfs can be made and mounted here: ${(error as Error).message}`);
  }
  try {
    const path = join(mounted, 'source.raw');
    await writeFile(path, Buffer.alloc(160 * MiB, diskBytes()));
    const cache = openImageCache({ instancesPath: join(mounted, 'instances'), exec });
    // A copy would not fit.
    const image = await cache.pull({ source: { type: 'file', path }, kind: 'disk' });
    expect(image.fileBytes).toBe(BigInt(160 * MiB));
    expect((await stat(image.path)).mode & 0o777).toBe(0o644);
    expect(await cache.verify(image.name)).toMatchObject({ state: 'good', sha256: image.sha256 });
    await writeFile(path, 'changed');
    expect(await cache.verify(image.name)).toMatchObject({ state: 'good' });
  } finally {
    await exec('umount', [mounted]);
    await rm(directory, { recursive: true });
  }
});

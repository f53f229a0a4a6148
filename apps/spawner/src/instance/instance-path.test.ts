import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeInstancePath, namesIn, removeAllBut } from './instance-path.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawner-path-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('makeInstancePath makes a directory that QEMU’s user passes, and takes one that is there as it is', async () => {
  const path = join(directory, 'instances/1');
  expect(await namesIn(path)).toBeUndefined();
  await makeInstancePath(path);
  expect((await stat(path)).mode & 0o777).toBe(0o711);
  await writeFile(join(path, 'disk'), '');
  await makeInstancePath(path);
  expect(await namesIn(path)).toEqual(['disk']);
});

test('removeAllBut leaves what was there before, and can be repeated', async () => {
  await writeFile(join(directory, 'old'), '');
  const before = (await namesIn(directory)) ?? [];
  await mkdir(join(directory, 'lxc/rootfs'), { recursive: true });
  await writeFile(join(directory, 'disk'), '');
  for (const _ of [1, 2]) await removeAllBut(before, directory);
  expect(await readdir(directory)).toEqual(['old']);
  await removeAllBut([], join(directory, 'none'));
});

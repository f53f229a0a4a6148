import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dontKeepDisks, keepDisks, keptDisks, removeInstancePath } from './kept-disks.ts';

const uuid = '6f7b1b0e-6c0e-4d4e-9d0e-0123456789ab';
let directory: string;
let instancePath: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawner-kept-'));
  instancePath = join(directory, uuid);
  await mkdir(join(instancePath, '.disk.config-abcdef'), { recursive: true });
  for (const name of ['disk', 'disk.eph0', 'disk.config', 'disk.info', 'kernel', 'console.log', 'request.json']) {
    await writeFile(join(instancePath, name), name);
  }
});
afterEach(() => rm(directory, { recursive: true }));

test('an instance goes with all its files', async () => {
  await removeInstancePath(instancePath);
  await expect(stat(instancePath)).rejects.toMatchObject({ code: 'ENOENT' });
  await removeInstancePath(instancePath);
});

test('kept disks stay, however often the rest is removed', async () => {
  await keepDisks({ name: 'web', uuid, instancePath });
  for (let time = 0; time < 2; time++) {
    await removeInstancePath(instancePath);
    expect((await readdir(instancePath)).sort()).toEqual(['KEPT', 'disk', 'disk.eph0']);
  }
  expect(await keptDisks(instancePath)).toEqual([join(instancePath, 'disk'), join(instancePath, 'disk.eph0')]);
});

test('a delete without keeping, after one that kept and failed, removes the disks', async () => {
  await keepDisks({ name: 'web', uuid, instancePath });
  await dontKeepDisks(instancePath);
  await removeInstancePath(instancePath);
  await expect(stat(instancePath)).rejects.toMatchObject({ code: 'ENOENT' });
});

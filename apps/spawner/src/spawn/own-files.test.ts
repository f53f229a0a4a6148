import { chown, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { foreignFiles, giveBack, takeOver } from './own-files.ts';

const obstacle = process.getuid?.() === 0 ? undefined : 'only root gives files to others';
if (obstacle) process.stderr.write(`skipped, files of others: ${obstacle}\n`);

describe.skipIf(obstacle)('files of an instance that others own', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'spawner-own-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('are found, taken over, and given back', async () => {
    const path = join(directory, 'console.log');
    await writeFile(path, '');
    await writeFile(join(directory, 'disk'), '');
    expect(await foreignFiles(directory)).toEqual([]);
    for (const name of ['console.log', 'disk']) await chown(join(directory, name), 1234, 1235);
    const [file, second] = await foreignFiles(directory);
    expect([file, second]).toEqual([{ path, uid: 1234, gid: 1235 }, undefined]);
    if (!file) return;
    await takeOver(file);
    expect(await stat(path)).toMatchObject({ uid: 0, gid: 1235 });
    await giveBack(file);
    await giveBack(file);
    expect(await stat(path)).toMatchObject({ uid: 1234, gid: 1235 });
    await rm(path);
    await giveBack(file);
  });

  test('are not looked for behind links', async () => {
    await symlink('/etc/passwd', join(directory, 'console.log'));
    expect(await foreignFiles(directory)).toEqual([]);
  });
});

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { scratchCopy } from './scratch-copy.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawner-scratch-test-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('what is written into a scratch copy reaches nobody, and it goes when it is left', async () => {
  await writeFile(join(directory, 'known'), 'before');
  let path: string;
  {
    await using scratch = await scratchCopy(directory, 'known');
    ({ path } = scratch);
    expect(await readFile(join(path, 'known'), 'utf8')).toBe('before');
    await writeFile(join(path, 'known'), 'after');
  }
  expect(await readFile(join(directory, 'known'), 'utf8')).toBe('before');
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('where there is nothing to copy, it is empty', async () => {
  await using scratch = await scratchCopy(join(directory, 'none'), 'known');
  await expect(stat(join(scratch.path, 'known'))).rejects.toMatchObject({ code: 'ENOENT' });
});

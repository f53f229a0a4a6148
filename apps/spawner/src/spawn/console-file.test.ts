import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureConsoleLog } from './console-file.ts';

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'spawner-console-')), 'console.log');
});
afterEach(() => rm(join(path, '..'), { recursive: true }));

test('a console log is made for its owner and group alone, whatever the umask says', async () => {
  await ensureConsoleLog(path);
  expect((await stat(path)).mode & 0o777).toBe(0o660);
});

test('one that is there, as before a rescue, keeps what it has', async () => {
  await writeFile(path, 'what the guest said');
  await chmod(path, 0o640);
  await ensureConsoleLog(path);
  expect(await readFile(path, 'utf8')).toBe('what the guest said');
  expect((await stat(path)).mode & 0o777).toBe(0o640);
});

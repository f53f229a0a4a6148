import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastConsoleLines } from './console-lines.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawnkit-console-'));
  path = join(directory, 'console.log');
});
afterEach(() => rm(directory, { recursive: true }));

test('the last ten lines that show something, cut to a sensible length', async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `line ${index}`);
  await writeFile(path, `${lines.join('\r\n')}\r\n\r\n${'x'.repeat(500)}`);
  const shown = await lastConsoleLines(path);
  expect(shown).toHaveLength(10);
  expect(shown.slice(0, 2)).toEqual(['line 4991', 'line 4992']);
  expect(shown.at(-1)).toBe('x'.repeat(200));
});

test('nothing that a terminal would obey', async () => {
  await writeFile(path, '\u001b]0;title\u0007\u001b[2Jhello\u202e\u0008 world\u001b[0m\n\u0000\n');
  expect(await lastConsoleLines(path)).toEqual(['hello world']);
});

test('a short log is shown whole; no log, or none to read, shows nothing', async () => {
  await writeFile(path, 'only');
  expect(await lastConsoleLines(path)).toEqual(['only']);
  expect(await lastConsoleLines(join(directory, 'none'))).toEqual([]);
  expect(await lastConsoleLines(directory)).toEqual([]);
});

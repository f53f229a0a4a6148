import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followLog, logFiles, readLog, startOfLastLines } from './console-log.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawner-log-'));
  path = join(directory, 'console.log');
});
afterEach(() => rm(directory, { recursive: true }));

async function lastLines(lines: number): Promise<string> {
  const files = await logFiles(path);
  return read(files, await startOfLastLines(files, lines));
}

async function read(...args: Parameters<typeof readLog>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readLog(...args)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test.each([
  ['one\ntwo\nthree\n', 2, 'two\nthree\n'],
  ['one\ntwo\nthree', 2, 'two\nthree'],
  ['one\n', 5, 'one\n'],
  ['', 3, ''],
  [`${'x'.repeat(70_000)}\n${'y'.repeat(70_000)}\nend\n`, 2, `${'y'.repeat(70_000)}\nend\n`],
])('startOfLastLines finds the last lines of a log (%#)', async (text, lines, expected) => {
  await writeFile(path, text);
  expect(await lastLines(lines)).toBe(expected);
});

test('the last lines reach back through rotated files, in their order', async () => {
  await writeFile(`${path}.10`, 'a\nb\n');
  await writeFile(`${path}.2`, 'c\n');
  await writeFile(`${path}.0`, 'd\n');
  await writeFile(`${path}.bak`, 'not a part\n');
  await writeFile(path, 'e\n');
  expect(await logFiles(path)).toEqual([`${path}.10`, `${path}.2`, `${path}.0`, path]);
  expect(await lastLines(1)).toBe('e\n');
  expect(await lastLines(3)).toBe('c\nd\ne\n');
  expect(await lastLines(99)).toBe('a\nb\nc\nd\ne\n');
});

test('followLog gives what is there and what is added, through a rotation, until it is aborted', async () => {
  await writeFile(path, 'there\n');
  const ending = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const chunk of followLog(path, { file: path, offset: 0 }, ending.signal)) seen.push(chunk.toString());
  })();
  following.catch(() => {});
  const shown = () => seen.join('');
  await expect.poll(shown).toBe('there\n');
  await appendFile(path, 'added\n');
  await expect.poll(shown).toBe('there\nadded\n');
  await rename(path, `${path}.0`);
  await writeFile(path, 'new file\n');
  await expect.poll(shown).toBe('there\nadded\nnew file\n');
  await appendFile(path, 'end\n');
  await expect.poll(shown).toBe('there\nadded\nnew file\nend\n');
  ending.abort(new Error('enough'));
  await expect(following).rejects.toThrow('enough');
});

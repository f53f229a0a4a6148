import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { completionScripts, completionsFor } from './completion.ts';
import { buildProgram } from './program.ts';

const program = buildProgram(async () => {});
const complete = (...words: readonly string[]) =>
  completionsFor(program, words, { instanceNames: async () => ['web', 'db'] });

test('commands, their options, and names of instances are completed', async () => {
  expect(await complete()).toEqual(expect.arrayContaining(['launch', 'delete', 'image', '--json']));
  expect(await complete()).not.toContain('complete');
  expect(await complete('delete')).toEqual(expect.arrayContaining(['web', 'db', '--keep-disks']));
  expect(await complete('--json', 'rm')).toEqual(expect.arrayContaining(['web', '--keep-disks']));
  expect(await complete('image')).toEqual(expect.arrayContaining(['list', 'pull', 'prune']));
  expect(await complete('image', 'prune')).toEqual(expect.arrayContaining(['--older-than']));
  expect(await complete('snapshot', 'create')).toContain('web');
});

test('the value of an option is completed where it is one of a few', async () => {
  expect(await complete('wait', 'web', '--for')).toEqual(
    expect.arrayContaining(['running', 'ip', 'ssh', 'cloud-init']),
  );
  expect(await complete('launch', '--image')).toEqual([]);
});

test('every command and option says what it is for', () => {
  const check = (command: typeof program): void => {
    for (const option of command.options) expect(option.description, `${command.name()} ${option.flags}`).not.toBe('');
    for (const one of command.commands) {
      expect(one.description(), one.name()).not.toBe('');
      check(one);
    }
  };
  check(program);
});

test('bash completes by asking the program', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'spawner-completion-'));
  try {
    await writeFile(join(directory, 'spawner'), '#!/bin/sh\nprintf "%s\\n" start stop show "$@"\n', { mode: 0o755 });
    await writeFile(join(directory, 'completion'), completionScripts.bash);
    const script = `. ${directory}/completion; COMP_WORDS=(spawner --json st); COMP_CWORD=2; _spawner; echo "\${COMPREPLY[@]}"`;
    const env = { PATH: `${directory}:${process.env['PATH'] ?? ''}` };
    expect(
      execFileSync('bash', ['--norc', '-c', script], {
        encoding: 'utf8',
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      }).trim(),
    ).toBe('start stop');
  } finally {
    await rm(directory, { recursive: true });
  }
});

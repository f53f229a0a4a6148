import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab } from './lab.ts';
import { type HostSnapshot, takeSnapshot } from './snapshot.ts';
import { warmUp } from './warm-up.ts';
import { type CliResult, openWorkspace, uniqueName, type Workspace } from './workspace.ts';

let workspace: Workspace;
let clean: HostSnapshot;
beforeAll(async () => {
  workspace = await openWorkspace(openLab());
  clean = await warmUp(workspace);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

/** Launches, and sends a signal as soon as the spawn says that it has come to a step. */
async function interruptedAt(step: string, signal: NodeJS.Signals): Promise<CliResult> {
  const spec = await workspace.spec(uniqueName(`int-${step.replace(' ', '-')}`), 'networks: [{ network: spawnkit }]');
  return workspace.cli(['launch', spec], {
    onStart(child) {
      child.stderr?.on('data', (text: string) => {
        if (text.startsWith(step) || text.includes(`\n${step}`)) child.kill(signal);
      });
    },
  });
}

test.each([
  ['prepare', 'SIGINT'],
  ['disks', 'SIGTERM'],
  ['define', 'SIGINT'],
  ['config drive', 'SIGINT'],
  ['launch', 'SIGINT'],
  ['wait', 'SIGTERM'],
] as const)('a spawn that is interrupted at "%s" takes everything back', async (step, signal) => {
  const { code, stderr } = await interruptedAt(step, signal);
  // The signal may come too late: then the instance is whole.
  if (code === 0) await deleteAll();
  else expect(code, stderr).toBe(130);
  expect(takeSnapshot(workspace)).toEqual(clean);
});

test('a second Ctrl-C leaves the way back to gc', async () => {
  const spec = await workspace.spec(uniqueName('twice'), 'networks: [{ network: spawnkit }]');
  const { code, stderr } = await workspace.cli(['launch', spec], {
    onStart(child) {
      child.stderr?.on('data', (text: string) => {
        if (/^(?:launch|undo)/m.test(text)) child.kill('SIGINT');
      });
    },
  });
  // The second may come too late, when all is taken back.
  expect([10, 130], stderr).toContain(code);
  expect(await workspace.cli(['gc'])).toMatchObject({ code: 0 });
  expect(takeSnapshot(workspace)).toEqual(clean);
});

test('kill -9 during a slow convert leaves no process and no file after gc', async () => {
  // The real qemu-img, below a shell that does not die with us and at a rate that takes minutes.
  const bin = join(workspace.directory, 'bin');
  await mkdir(bin);
  await writeFile(
    join(bin, 'qemu-img'),
    '#!/bin/sh\nif [ "$1" = convert ]; then shift; set -- convert -r 64K "$@"; fi\n/usr/bin/qemu-img "$@"\n',
  );
  await chmod(join(bin, 'qemu-img'), 0o755);
  const config = join(workspace.directory, 'raw.yaml');
  await writeFile(config, 'imagesType: raw\ntcgTbCacheMib: 64\n');
  const before = takeSnapshot(workspace);
  const killed = await workspace.cli(['--config', config, 'launch', await workspace.spec(uniqueName('convert'))], {
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    onStart(child) {
      void (async () => {
        while (!(await runsConvert())) await delay(20);
        child.kill('SIGKILL');
      })();
    },
  });
  expect(killed.signal).toBe('SIGKILL');
  const collected = await workspace.cli(['gc']);
  expect(collected.code, collected.stderr).toBe(0);
  expect(await runsConvert()).toBe(false);
  expect(takeSnapshot(workspace)).toEqual(before);
});

async function runsConvert(): Promise<boolean> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
    if (command.includes(workspace.directory) && /qemu-img\0convert/.test(command)) return true;
  }
  return false;
}

async function deleteAll(): Promise<void> {
  const listed = JSON.parse((await workspace.cli(['list', '--json'])).stdout) as readonly { readonly name: string }[];
  await workspace.cli(['delete', ...listed.map(({ name }) => name)]);
}

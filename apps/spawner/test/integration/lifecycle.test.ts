import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { consoleShows } from './console-shows.ts';
import { openLab, type Tiny } from './lab.ts';
import { mustRun } from './must-run.ts';
import { takeSnapshot } from './snapshot.ts';
import { openWorkspace, uniqueName, type Workspace } from './workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

const run = mustRun(() => workspace);

interface Shown {
  readonly state: string;
  readonly rescued: boolean;
  readonly instancePath: string;
  readonly addresses: readonly { readonly address: string | null; readonly from: string | null }[];
  readonly disks: readonly { readonly target: string; readonly source: string }[];
}

async function show(name: string): Promise<Shown> {
  return JSON.parse((await run('show', name, '--json')).stdout) as Shown;
}

/** What a command answers in the guest, whose shell listens at port 2323 when it is ready. */
async function askShell(address: string, command: string): Promise<string> {
  for (let turn = 0; turn < 300; turn++) {
    const socket = connect({ host: address, port: 2323 });
    try {
      await once(socket, 'connect');
      socket.write(`${command}; exit\n`);
      return await text(socket);
    } catch {
      await delay(100);
    } finally {
      socket.on('error', () => {}).destroy();
    }
  }
  return expect.unreachable(`no shell at ${address}`);
}

test('a guest is created, started, found, stopped, rescued, rebuilt, and deleted but for its disks', async () => {
  const name = uniqueName('life');
  const spec = await workspace.spec(name, 'networks: [{ network: spawnkit }]');
  const created = await run('create', spec);
  expect(created.stdout).toContain(`spawner start ${name}`);
  expect(await show(name)).toMatchObject({ state: 'SHUTOFF', rescued: false });
  expect((await workspace.cli(['stop', name])).stdout).toBe(`${name} is so already\n`);

  expect((await run('start', name)).stdout).toBe(`started ${name}\n`);
  expect((await run('start', name)).stdout).toBe(`${name} is so already\n`);
  expect((await run('wait', name, '--for', 'ip')).stdout).toMatch(/is at 192\.168\./);
  const { instancePath, addresses } = await show(name);
  expect(addresses).toMatchObject([{ from: 'lease', address: expect.stringMatching(/^192\.168\./) as string }]);
  expect((await run('list')).stdout).toContain(addresses[0]?.address);

  await consoleShows(instancePath, 'TINY-READY');
  expect((await run('stop', name)).stdout).toBe(`stopped ${name}\n`);
  await consoleShows(instancePath, 'TINY-POWER-BUTTON');
  expect(await workspace.cli(['wait', name, '--for', 'running', '--timeout', '5'])).toMatchObject({ code: 8 });

  await run('rescue', name, '--force');
  expect(await show(name)).toMatchObject({ state: 'RUNNING', rescued: true });
  // Nova's command line of a rescue leaves the serial console to the kernel; the guest's shell says more.
  await consoleShows(instancePath, 'Run /init');
  expect(await askShell(addresses[0]?.address ?? '', 'cat /proc/partitions')).toMatch(/ 32768 vda[\s\S]* 262144 vdb/);
  expect(await workspace.cli(['rescue', name])).toMatchObject({ code: 4 });
  expect(await workspace.cli(['rebuild', name])).toMatchObject({ code: 4 });
  await run('unrescue', name, '--force');
  expect((await show(name)).disks.map(({ source }) => source)).toContain(join(instancePath, 'disk'));
  expect((await readdir(instancePath)).filter((one) => one.includes('rescue'))).toEqual([]);

  await run('rebuild', name, '--force');
  expect((await readdir(instancePath)).filter((one) => one.startsWith('before.'))).toEqual([]);
  await consoleShows(instancePath, `TINY-IMAGE ${tiny.marker}`);
  await run('reboot', name, '--force');
  expect(await show(name)).toMatchObject({ state: 'RUNNING', rescued: false });

  const deleted = JSON.parse((await run('delete', name, '--keep-disks', '--json')).stdout) as object;
  expect(deleted).toMatchObject({ deleted: [{ name, kept: [join(instancePath, 'disk')] }] });
  expect((await readdir(instancePath)).sort()).toEqual(['KEPT', 'disk']);
  await rm(instancePath, { recursive: true });
  expect((await run('gc')).stdout).toBe('Nothing to take back.\n');
});

test('a guest that does not switch itself off is kept, and a failed rescue leaves it running', async () => {
  const name = uniqueName('deaf');
  await run('launch', await workspace.spec(name));
  const before = takeSnapshot(workspace);
  // Its kernel has not come up yet, and does not listen.
  const stops = await Promise.all([1, 2].map(() => workspace.cli(['stop', name, '--timeout', '2'])));
  const [deaf, busy] = stops.toSorted((a, b) => Number(a.code) - Number(b.code));
  expect(deaf).toMatchObject({ code: 9, stderr: expect.stringContaining('--force') as string });
  expect(busy).toMatchObject({ code: 75, stderr: expect.stringContaining('Another process works on') as string });
  const failed = await workspace.cli(['rescue', name, '--image', join(workspace.directory, 'none.qcow2')]);
  expect(failed.code, failed.stderr).toBe(6);
  expect(await show(name)).toMatchObject({ state: 'RUNNING', rescued: false });
  expect(takeSnapshot(workspace).processes).toEqual(before.processes);
  await run('delete', name);
});

test('gc --dry-run tells a living spawn from remains', async () => {
  const name = uniqueName('alive');
  const launching = workspace.cli(['launch', await workspace.spec(name)]);
  const journals = join(workspace.settings.statePath, 'journal');
  for (let turn = 0; turn < 500; turn++) {
    if (existsSync(journals) && (await readdir(journals)).length > 0) break;
    await delay(10);
  }
  const report = JSON.parse((await run('gc', '--dry-run', '--json')).stdout) as { collected: readonly object[] };
  expect(report.collected).toEqual([]);
  expect(await launching).toMatchObject({ code: 0 });
  await run('delete', name);
});

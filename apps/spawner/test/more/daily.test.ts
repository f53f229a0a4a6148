import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab, type Tiny } from '../integration/lab.ts';
import { mustRun } from '../integration/must-run.ts';
import { takeSnapshot } from '../integration/snapshot.ts';
import { openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

const run = mustRun(() => workspace);

async function launched(what: string, more?: string): Promise<string> {
  const name = uniqueName(what);
  await run('launch', await workspace.spec(name, more), '--wait-for', 'TINY-READY');
  return name;
}

interface Shown {
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly addresses: readonly { readonly mac: string }[];
  readonly disks: readonly { readonly target: string }[];
}

async function show(name: string): Promise<Shown> {
  return JSON.parse((await run('show', name, '--json')).stdout) as Shown;
}

test('disks and network cards come and go, and nothing of them is left', async () => {
  const name = await launched('devices');
  const before = takeSnapshot(workspace);
  expect((await run('attach', 'disk', name, '--size', '64MiB')).stdout).toBe(`attached disk vdb to ${name}\n`);
  const nic = JSON.parse((await run('attach', 'nic', name, '--network', 'spawnkit', '--json')).stdout) as {
    readonly attached: { readonly name: string };
  };
  const with2 = await show(name);
  expect(with2.disks.map(({ target }) => target)).toContain('vdb');
  expect(with2.addresses.map(({ mac }) => mac)).toContain(nic.attached.name);
  expect(await workspace.cli(['rebuild', name])).toMatchObject({ code: 4 });
  expect(await workspace.cli(['detach', name, 'vda'])).toMatchObject({ code: 3 });
  await run('detach', name, 'vdb');
  await run('detach', name, nic.attached.name);
  const after = takeSnapshot(workspace);
  // The notes about disks and devices have other sizes now, and there is a place for journals of operations.
  const names = (files: readonly string[]) =>
    files.map((line) => line.split(' ')[0]).filter((path) => path !== 'operations');
  expect(names(after.files)).toEqual(names(before.files));
  await run('delete', name);
});

test('a resized guest has its new processors, memory and disk, and a disk does not shrink', async () => {
  const name = await launched('resize');
  await run('resize', name, '--vcpus', '2', '--memory', '192MiB', '--disk', '300MiB', '--force');
  expect(await show(name)).toMatchObject({ vcpus: 2, memoryMib: 192 });
  const shrunk = await workspace.cli(['resize', name, '--disk', '200MiB', '--memory', '128MiB', '--force']);
  expect(shrunk.code, shrunk.stderr).toBe(6);
  expect(await show(name)).toMatchObject({ vcpus: 2, memoryMib: 192 });
  expect((await run('list')).stdout).toMatch(new RegExp(`^${name} +RUNNING +2 +192 MiB`, 'm'));
  await run('delete', name);
});

test('a snapshot brings back what was, and goes', async () => {
  const name = await launched('snapshot');
  await run('snapshot', 'create', name, 'one');
  expect(await workspace.cli(['snapshot', 'create', name, 'one'])).toMatchObject({ code: 4 });
  expect((await run('snapshot', 'list', name)).stdout).toBe('one  (current)\n');
  expect(await workspace.cli(['rebuild', name])).toMatchObject({ code: 4 });
  await run('stop', name, '--force');
  await run('snapshot', 'revert', name, 'one');
  expect(JSON.parse((await run('show', name, '--json')).stdout)).toMatchObject({ state: 'RUNNING' });
  expect(await workspace.cli(['snapshot', 'revert', name, 'two'])).toMatchObject({ code: 3 });
  await run('snapshot', 'rm', name, 'one');
  await run('delete', name);
});

test('recover starts what is to run after a boot, and what happens is told', async () => {
  const [on, off] = [await launched('on'), await launched('off')];
  await run('autostart', on);
  let told = '';
  const listening = Promise.withResolvers<void>();
  const controller = new AbortController();
  const following = workspace.cli(['events', '-f'], {
    onStart(child) {
      child.stdout?.on('data', (part: string) => (told += part));
      child.stderr?.on('data', (part: string) => part.includes('Listening') && listening.resolve());
      controller.signal.addEventListener('abort', () => child.kill('SIGINT'));
    },
  });
  await Promise.race([listening.promise, following]);
  await run('stop', on, off, '--force');
  expect((await run('recover')).stdout).toBe(`${on}: started\n`);
  expect((await run('recover')).stdout).toBe(`${on}: runs already\n`);
  for (let turn = 0; turn < 100 && !told.includes('STARTED'); turn++) await delay(100);
  controller.abort();
  expect(await following).toMatchObject({ code: 0 });
  expect(told).toMatch(new RegExp(`${off}  STOPPED \\(DESTROYED\\)`));
  expect(told).toMatch(new RegExp(`${on}  STARTED \\(BOOTED\\)`));
  await run('delete', on, off);
});

test('the screen is kept and found', async () => {
  const name = await launched('screen');
  const path = join(workspace.directory, 'screen.png');
  await run('screenshot', name, path);
  expect((await readFile(path)).subarray(1, 4).toString('latin1')).toBe('PNG');
  expect((await run('display', name)).stdout).toMatch(/^vnc:\/\/127\.0\.0\.1:59\d\d\n$/);
  await run('delete', name);
});

test('Ctrl-] leaves the console of a terminal', async () => {
  const name = await launched('detach');
  const command = `node '${join(import.meta.dirname, '../../dist/cli.js')}' --state-dir '${workspace.settings.statePath}' console ${name}`;
  // script(1) gives it a terminal.
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (shown += part));
  for (let turn = 0; turn < 100 && !shown.includes('Ctrl-]'); turn++) await delay(100);
  child.stdin.write('\necho typed-$((6*7))\n');
  for (let turn = 0; turn < 100 && !shown.includes('typed-42'); turn++) await delay(100);
  child.stdin.write('\u001D');
  const [code] = (await once(child, 'close')) as [number];
  expect(shown).toContain('typed-42');
  expect(code).toBe(0);
  await run('delete', name);
});

test('a port of the host leads into the guest, and is refused to a second one', async () => {
  const port = 20_000 + (process.pid % 10_000);
  const name = await launched('port', `networks: [{ user: true }]\nports: ["${port}:80"]`);
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    get({ host: '127.0.0.1', port }, resolve).on('error', reject);
  });
  expect(await text(response)).not.toBe('');
  expect(JSON.parse((await run('show', name, '--json')).stdout)).toMatchObject({
    addresses: [{ address: '10.0.2.15', from: 'user' }],
    ports: [{ host: port, guest: 80, protocol: 'tcp', address: '127.0.0.1' }],
  });
  const second = await workspace.cli([
    'launch',
    await workspace.spec(uniqueName('taken'), `networks: [{ user: true }]\nports: ["${port}:80"]`),
  ]);
  expect(second).toMatchObject({ code: 5, stderr: expect.stringContaining(`127.0.0.1:${port}`) as string });
  await run('delete', name);
});

test('what Nova hands its driver is launched', async () => {
  const uuid = crypto.randomUUID();
  const id = process.pid;
  const sizes = { vcpus: 1, memory_mb: 128, root_gb: 1, ephemeral_gb: 0 };
  const nova = {
    instance: { id, uuid, display_name: 'web', hostname: 'nova-host', image_ref: uuid, config_drive: 'True', ...sizes },
    flavor: { name: 'm1.tiny', swap: 0, ...sizes },
    image_meta: { id: uuid, disk_format: 'qcow2', properties: { os_command_line: 'console=ttyS0' } },
    network_info: [],
    block_device_info: null,
    image: tiny.image,
    kernel: join(tiny.directory, 'vmlinuz'),
    ramdisk: join(tiny.directory, 'initramfs.img'),
  };
  const path = join(workspace.directory, 'nova.json');
  await writeFile(path, JSON.stringify(nova));
  const name = `instance-${id.toString(16).padStart(8, '0')}`;
  await run('launch', '--nova', path, '--wait-for', 'TINY-READY');
  expect((await run('logs', name)).stdout).toContain('nova-host');
  await run('delete', name);
});

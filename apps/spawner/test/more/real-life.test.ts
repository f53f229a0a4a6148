import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab, root } from '../integration/lab.ts';
import { mustRun } from '../integration/must-run.ts';
import { takeSnapshot } from '../integration/snapshot.ts';
import { openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';

/** A Debian boots in a minute where nothing else runs, and without hardware virtualization. */
const BOOT_S = '600';
const TEST_MS = 2_400_000;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace(openLab());
  execFileSync(join(root, 'tooling/lab/debian/build'), { stdio: ['ignore', 'ignore', 'inherit'] });
}, TEST_MS);
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

const run = mustRun(() => workspace);

test(
  'a Debian with cloud-init is applied, reached by ssh, rescued, rebuilt and deleted',
  async () => {
    const name = uniqueName('debian');
    const identity = join(workspace.directory, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identity]);
    const file = join(workspace.directory, 'specs/debian.yaml');
    const config = join(workspace.directory, 'debian-host.yaml');
    await writeFile(config, 'tcgTbCacheMib: 256\n');
    const spec = {
      name,
      image: join(root, '.lab/debian/debian.qcow2'),
      flavor: { memory: '768MiB', disk: '2GiB' },
      networks: [{ network: 'spawnkit' }],
      keys: [readFileSync(`${identity}.pub`, 'utf8').trim()],
      hostname: 'real-life',
    };
    await writeFile(file, JSON.stringify(spec));
    const before = takeSnapshot(workspace);
    const on = (...args: readonly string[]) => run('--config', config, ...args);
    const ssh = (command: string) =>
      on('ssh', name, '--user', 'debian', '--identity', identity, '--', command).then(({ stdout }) => stdout.trim());

    await on('apply', '-f', file);
    await on('wait', name, '--for', 'cloud-init', '--timeout', BOOT_S);
    await on('wait', name, '--for', 'ssh', '--timeout', BOOT_S);
    expect(await ssh('hostname')).toBe('real-life');
    expect(await ssh('echo kept | sudo tee /kept')).toBe('kept');
    await on('apply', '-f', file);

    await on('rescue', name);
    await on('wait', name, '--for', 'ssh', '--timeout', BOOT_S);
    expect(await ssh('lsblk -dno NAME | grep -c ^vd')).toBe('2');
    await on('unrescue', name);
    await on('wait', name, '--for', 'ssh', '--timeout', BOOT_S);
    expect(await ssh('cat /kept')).toBe('kept');

    await on('rebuild', name);
    await on('wait', name, '--for', 'ssh', '--timeout', BOOT_S);
    expect(await ssh('ls /kept 2>&1 || true')).toMatch(/No such file/);
    await on('delete', name);
    const names = (files: readonly string[]) =>
      files.map((line) => line.split(' ')[0]).filter((path) => /^instances\/[0-9a-f]{8}-|^journal\//.test(path ?? ''));
    const after = takeSnapshot(workspace);
    expect(after.domains).toEqual(before.domains);
    expect(names(after.files)).toEqual([]);
  },
  TEST_MS,
);

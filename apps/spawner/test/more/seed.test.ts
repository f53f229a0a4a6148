import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { inspectConfigDrive } from '@spawnkit/configdrive';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applianceKernel } from '../../../../packages/configdrive/test/appliance-kernel.ts';
import { openLab, root } from '../integration/lab.ts';
import { type CliResult, openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace(openLab());
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
  const result = await workspace.cli(args, { env });
  expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
  return result;
}

async function instancePath(name: string): Promise<string> {
  return (JSON.parse((await run(['show', name, '--json'])).stdout) as { instancePath: string }).instancePath;
}

test('`seed: nocloud` gives the guest a drive for cloud-init', async () => {
  const name = uniqueName('nocloud');
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me';
  await run(['create', await workspace.spec(name, `seed: nocloud\nkeys: ['${key}']\nuserData: "#cloud-config\\n{}"`)]);
  const { label, files } = await inspectConfigDrive(join(await instancePath(name), 'disk.config'));
  const texts = new Map(files.map(({ path, content }) => [path, Buffer.from(content).toString('utf8')]));
  expect(label).toBe('cidata');
  expect(texts.get('user-data')).toBe('#cloud-config\n{}');
  expect(texts.get('meta-data')).toContain(key);
  await run(['delete', name]);
});

test('`seed: injection` writes into the root disk, at the launch and when it is made anew', async () => {
  execFileSync(join(root, 'tooling/setup/debian'), ['debian-image', 'injection'], { stdio: 'ignore' });
  execFileSync(join(root, 'tooling/lab/debian/build'), { stdio: ['ignore', 'ignore', 'inherit'] });
  const env = await applianceKernel(workspace.directory);
  const name = uniqueName('injected');
  const more = `image: ${join(root, '.lab/debian/debian.qcow2')}
flavor: { memory: 128MiB, disk: 2GiB }
seed: injection
files: [{ path: /etc/motd, content: 'told by injection' }]
`;
  await run(['create', await workspace.spec(name, more)], env);
  const disk = join(await instancePath(name), 'disk');
  const motd = () =>
    execFileSync('guestfish', ['--ro', '--format=qcow2', '-a', disk, '-i', 'cat', '/etc/motd'], {
      encoding: 'utf8',
      env: { ...process.env, LIBGUESTFS_BACKEND: 'direct', ...env },
    });
  expect(motd()).toBe('told by injection\n');
  await run(['rebuild', name], env);
  expect(motd()).toBe('told by injection\n');
  await run(['delete', name]);
}, 600_000);

test('broken user data is refused before anything is made, with its line', async () => {
  const name = uniqueName('broken');
  const userData = 'userData: "#cloud-config\\npackages: [curl"';
  const result = await workspace.cli(['create', await workspace.spec(name, userData)]);
  expect(result.code).toBe(2);
  expect(result.stderr).toMatch(/user data is no valid YAML at line 2/);
  expect(JSON.parse((await run(['list', '--json'])).stdout)).toEqual([]);
});

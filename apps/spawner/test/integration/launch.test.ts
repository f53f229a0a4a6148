import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab, type Tiny } from './lab.ts';
import { takeSnapshot, withKeptDirectories } from './snapshot.ts';
import { openWorkspace, uniqueName, type Workspace } from './workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

const userData = `metadata: { role: tester }
hostname: tiny-host
networks: [{ network: spawnkit }]
keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJq1 someone@example"]
userData: |
  #!/bin/sh
  echo "user data ran on $(hostname)"
`;

test('a guest runs, shows that it read its image and its config drive, and leaves nothing when it is deleted', async () => {
  const name = uniqueName('launch');
  const spec = await workspace.spec(name, userData);
  const before = takeSnapshot(workspace);

  const launched = await workspace.cli(['launch', spec, '--wait-for', 'TINY-READY', '--json']);
  expect(launched, launched.stderr).toMatchObject({ code: 0 });
  const { uuid, instancePath } = JSON.parse(launched.stdout) as { uuid: string; instancePath: string };

  const console = (await workspace.cli(['logs', name])).stdout.replaceAll('\r', '');
  expect(console).toContain(`TINY-IMAGE ${tiny.marker}`);
  expect(console).toContain(`TINY-ROOT-SIZE ${256 * 1024 * 1024}`);
  const metadata = JSON.parse(/TINY-META-BEGIN\n([\s\S]*?)\nTINY-META-END/.exec(console)?.[1] ?? '{}') as object;
  expect(metadata).toMatchObject({
    uuid,
    hostname: 'tiny-host',
    meta: { role: 'tester' },
    public_keys: { 'someone@example': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJq1 someone@example' },
  });
  expect(console).toContain('user data ran on tiny-host');
  expect(console).toMatch(/TINY-NET eth0 192\.168\.\d+\.\d+/);

  const listed = JSON.parse((await workspace.cli(['list', '--json'])).stdout) as object[];
  expect(listed).toMatchObject([{ name, uuid, state: 'RUNNING', complete: true, memoryMib: 128 }]);
  expect((await workspace.cli(['list'])).stdout).toMatch(new RegExp(`^${name} +RUNNING +1 +128 MiB +spawnkit`, 'm'));
  const shown = JSON.parse((await workspace.cli(['show', name, '--json'])).stdout) as object;
  expect(shown).toMatchObject({
    name,
    addresses: [{ address: expect.stringMatching(/^192\.168\./) as string }],
    disks: [{ target: 'vda', source: join(instancePath, 'disk') }, { source: join(instancePath, 'disk.config') }],
  });
  expect((await workspace.cli(['show', uuid.slice(0, 8)])).stdout).toContain(uuid);
  expect((await workspace.cli(['xml', name])).stdout).toContain(`<uuid>${uuid}</uuid>`);
  expect((await workspace.cli(['logs', name, '-n', '1'])).stdout.trim().split('\n')).toHaveLength(1);
  expect(await readFile(join(instancePath, 'libvirt.xml'), 'utf8')).toContain(`<name>${name}</name>`);

  const again = await workspace.cli(['launch', spec]);
  expect(again).toMatchObject({ code: 4, stdout: '' });
  expect(again.stderr).toMatch(new RegExp(`There is an instance "${name}" already.*\n.*delete ${name}`));

  expect(await workspace.cli(['gc'])).toMatchObject({ code: 0, stdout: 'Nothing to take back.\n' });
  expect(await workspace.cli(['delete', name])).toMatchObject({ code: 0, stdout: `deleted ${name}\n` });
  expect(takeSnapshot(workspace)).toEqual(withKeptDirectories(before, workspace));
  expect(await workspace.cli(['show', name])).toMatchObject({ code: 3 });
});

test('the console of a guest takes what is typed and gives its answer', async () => {
  const name = uniqueName('console');
  const spec = await workspace.spec(name);
  // The shell's prompt: what is typed before it is there is lost.
  expect(await workspace.cli(['launch', spec, '--wait-for', 'tiny# '])).toMatchObject({ code: 0 });
  const answered = await workspace.cli(['console', name], {
    onStart(process) {
      // A serial port gives a few characters at a time.
      let shown = '';
      process.stdout?.on('data', (text: string) => {
        shown += text;
        if (shown.includes('answer-42')) process.kill('SIGINT');
      });
    },
    input: '\necho answer-$((6*7))\n',
  });
  expect(answered.stdout).toContain('answer-42');
  expect(await workspace.cli(['delete', name])).toMatchObject({ code: 0 });
});

test('plan tells what a launch would do, shows the XML, and writes nothing', async () => {
  const name = uniqueName('plan');
  const spec = await workspace.spec(name, 'networks: [{ network: spawnkit }]');
  const before = takeSnapshot(workspace);
  const planned = await workspace.cli(['plan', spec]);
  expect(planned, planned.stderr).toMatchObject({ code: 0 });
  expect(planned.stdout).toContain(`define the domain "${name}"`);
  expect(planned.stdout).toContain(`<name>${name}</name>`);
  expect((await workspace.cli(['xml', spec])).stdout).toMatch(/^<domain type="(qemu|kvm)"/);
  expect(takeSnapshot(workspace)).toEqual(before);
});

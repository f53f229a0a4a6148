import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab } from './lab.ts';
import { openWorkspace, uniqueName, type Workspace } from './workspace.ts';

const uuid = randomUUID();

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace(openLab());
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

test('doctor finds a host with the lab ready, and says that it has no KVM where it has none', async () => {
  const { code, stdout, stderr } = await workspace.cli(['doctor', '--json']);
  expect(code, stderr).toBe(0);
  const findings = JSON.parse(stdout) as readonly { what: string; verdict: string }[];
  expect(findings.filter(({ verdict }) => verdict === 'missing')).toEqual([]);
  expect(findings.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['qemu-img', 'genisoimage', 'libvirt', 'hypervisor', 'networks', 'state', 'instances']),
  );
});

test('doctor looks at single points, tries the disks as the user of QEMU, and refuses points that it does not know', async () => {
  const { stdout } = await workspace.cli(['doctor', 'instances', 'space', '--json']);
  const findings = JSON.parse(stdout) as readonly { check: string; detail: string }[];
  expect(findings.map(({ check }) => check)).toEqual(['instances', 'space']);
  expect(findings[0]?.detail).toMatch(/user \d+ of QEMU reaches it/);
  const unknown = await workspace.cli(['doctor', 'weather']);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/no check "weather"[^]*Known are programs/) });
});

test('doctor finds what was interrupted, and takes it back when asked to fix', async () => {
  const name = uniqueName('torn');
  const header = { name, uri: workspace.settings.uri, instancePath: join(workspace.settings.instancesPath, uuid) };
  const journal = join(workspace.settings.statePath, 'journal', `${uuid}.jsonl`);
  await mkdir(dirname(journal), { recursive: true });
  await writeFile(
    journal,
    `${JSON.stringify({ journal: 1, id: uuid, createdAt: new Date().toISOString(), header })}\n`,
  );
  const found = await workspace.cli(['doctor', 'journals']);
  expect(found.stdout).toMatch(/warning {2}journals: .*interrupted[^]*spawner doctor --fix/);
  const fixed = await workspace.cli(['doctor', 'journals', '--fix']);
  expect(fixed.stdout).toMatch(/^ok {7}journals: nothing is left behind/);
  expect(existsSync(journal)).toBe(false);
});

test('doctor names each missing program with the package that has it, and a daemon that does not answer', async () => {
  const { code, stdout } = await workspace.cli(['--uri', 'qemu+unix:///system?socket=/nowhere', 'doctor'], {
    env: { PATH: '/usr/sbin:/bin:/nowhere' },
  });
  expect(code).toBe(5);
  expect(stdout).toMatch(/MISSING {2}libvirt: .*\n.*fix: Start it/);
});

test('help names every command, and a misspelt one gets a suggestion', async () => {
  const help = await workspace.cli(['--help']);
  expect(help.code).toBe(0);
  for (const command of ['launch', 'list', 'show', 'console', 'logs', 'delete', 'plan', 'xml', 'gc', 'doctor']) {
    expect(help.stdout).toMatch(new RegExp(`^ +${command}`, 'm'));
  }
  expect(help.stdout).toContain('Exit codes');
  const misspelt = await workspace.cli(['lunch']);
  expect(misspelt.code).toBe(2);
  expect(misspelt.stderr).toMatch(/Did you mean launch\?/);
});

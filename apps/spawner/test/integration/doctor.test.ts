import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab } from './lab.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

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

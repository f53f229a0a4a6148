import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab, root } from '../integration/lab.ts';
import { takeSnapshot } from '../integration/snapshot.ts';
import { warmUp } from '../integration/warm-up.ts';
import { openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';

let workspace: Workspace;
beforeAll(async () => {
  execFileSync(join(root, 'tooling/setup/debian'), ['base', 'emulators'], { stdio: ['ignore', 'ignore', 'inherit'] });
  workspace = await openWorkspace(openLab());
}, 700_000);
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

const virsh = (...args: readonly string[]) =>
  execFileSync('virsh', ['-q', '-c', 'qemu:///system', ...args], { encoding: 'utf8' });

test('a guest with a TPM gets a passphrase of its own, which libvirt forgets once it runs, and leaves no state', async () => {
  const before = await warmUp(workspace);

  const name = uniqueName('tpm');
  const flavor = "flavor: { memory: 128MiB, disk: 256MiB, extraSpecs: { 'hw:tpm_version': '2.0' } }";
  const launched = await workspace.cli(['launch', await workspace.spec(name, flavor), '--json']);
  expect(launched.code, launched.stderr).toBe(0);
  const { uuid } = JSON.parse(launched.stdout) as { readonly uuid: string };
  expect(virsh('dumpxml', name)).toMatch(/<backend type='emulator' version='2.0'>\s*<encryption secret=/);
  expect(existsSync(`/var/lib/libvirt/swtpm/${uuid}`)).toBe(true);
  expect(virsh('secret-list')).not.toContain(uuid);

  expect(await workspace.cli(['delete', name])).toMatchObject({ code: 0 });
  expect(existsSync(`/var/lib/libvirt/swtpm/${uuid}`)).toBe(false);
  expect(takeSnapshot(workspace)).toEqual(before);
});

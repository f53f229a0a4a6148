import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab, root, type Tiny } from '../integration/lab.ts';
import { openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';

/** The README shows what this test sees; `SPAWNKIT_UPDATE=1` writes it there. */
const readme = join(root, 'apps/spawner/README.md');
const shownBlock = /(<!-- by test\/more\/transcript.test.ts -->\n```console\n)([\s\S]*?)(```\n)/;

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

test('the transcript in the README is what happens', async () => {
  const name = uniqueName('web');
  const spec = await workspace.spec(name, 'networks: [{ network: spawnkit }]\nmetadata: { role: first }\n');
  const commands = [
    ['launch', spec, '--wait-for', 'TINY-READY'],
    ['list'],
    ['logs', name, '--lines', '2'],
    ['launch', spec],
    ['rescue', name, '--force'],
    ['list'],
    ['unrescue', name, '--force'],
    ['delete', name],
    ['list'],
  ];
  let seen = '';
  for (const args of commands) {
    const { code, stdout, stderr } = await workspace.cli(args);
    const said = `${stderr}${stdout.replaceAll('\r', '')}`.replace(/\n?$/, '\n');
    seen += `$ spawner ${args.join(' ')}\n${said}${code === 0 ? '' : `(exit code ${code})\n`}`;
  }
  const transcript = asShown(seen, name, spec);
  const text = await readFile(readme, 'utf8');
  const [, before, shown, after] = shownBlock.exec(text) ?? [];
  expect(before, 'the place in the README').toBeDefined();
  if (process.env['SPAWNKIT_UPDATE'])
    await writeFile(
      readme,
      text.replace(shownBlock, () => before + transcript + after),
    );
  else expect(transcript, 'run this again with SPAWNKIT_UPDATE=1').toBe(shown);
});

/** Without what differs from one run to the next: names of tests, UUIDs, times, addresses, and whether there is KVM. */
function asShown(seen: string, name: string, spec: string): string {
  const same: readonly (readonly [what: RegExp | string, shown: string])[] = [
    [spec, 'web.yaml'],
    [name, 'web'],
    [workspace.settings.statePath, '/var/lib/spawnkit'],
    [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '3b9f6c1e-52d4-4c0a-9a8e-0d6f1b7c2e45'],
    [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '2026-11-24 22:19:49'],
    [/192\.168\.\d+\.\d+/g, '192.168.126.23'],
    [/ +$/gm, ''],
    // Signs of life while something takes long.
    [/^.* \(\d+ s\)\n/gm, ''],
    [/TINY-READY [\d.]+/g, 'TINY-READY 1.42'],
    [/\b(launch|prepare): (qemu|kvm)$/gm, '$1: kvm'],
    [' (without KVM, so slowly)', ''],
  ];
  const text = same.reduce((result, [what, shown]) => result.replaceAll(what, shown), seen);
  return text.replaceAll(/^(?:\S+ ? ?\S*(?: {2,}\S+(?: \S+)*){3,}\n)+/gm, aligned);
}

/** A table whose cells have changed, in columns again. */
function aligned(table: string): string {
  const rows = table
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(width(column)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

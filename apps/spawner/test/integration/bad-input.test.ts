import { execFileSync } from 'node:child_process';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab, type Tiny } from './lab.ts';
import { takeSnapshot } from './snapshot.ts';
import { openWorkspace, uniqueName, type Workspace } from './workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
  await prepareImages(join(workspace.directory, 'images'));
  // Makes the directories that are kept.
  expect(await workspace.cli(['doctor'])).toMatchObject({ code: 0 });
  await correctRun();
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

/** Images that nobody should boot from. */
async function prepareImages(directory: string): Promise<void> {
  await mkdir(directory);
  const at = (name: string) => join(directory, name);
  await writeFile(at('empty.qcow2'), '');
  await writeFile(at('page.qcow2'), '<!DOCTYPE html><title>404 Not Found</title>');
  await mkdir(at('directory'));
  const make = (...args: readonly string[]) => execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', ...args]);
  make('-b', '/etc/passwd', '-F', 'raw', at('steals.qcow2'), '1M');
  make(at('cut.qcow2'), '64M');
  await truncate(at('cut.qcow2'), 70);
  make(at('large.qcow2'), '1G');
}

interface Case {
  readonly what: string;
  readonly more: () => string;
  readonly code: number;
  /** What a person reads: what is wrong, and the fix. */
  readonly says: readonly RegExp[];
}

const image = (name: string) => `image: ${join(workspace.directory, 'images', name)}`;

const cases: readonly Case[] = [
  {
    what: 'an image that is not there',
    more: () => image('none.qcow2'),
    code: 6,
    says: [/none\.qcow2/, /no such file/i],
  },
  { what: 'a directory as the image', more: () => image('directory'), code: 6, says: [/directory/] },
  { what: 'an empty image', more: () => image('empty.qcow2'), code: 6, says: [/empty/] },
  { what: 'an error page as the image', more: () => image('page.qcow2'), code: 6, says: [/HTML|text|page/i] },
  {
    what: 'an image cut short',
    more: () => image('cut.qcow2'),
    code: 6,
    says: [/cut|short|truncated|damaged|header|contradict/i],
  },
  { what: 'an image that reads another file', more: () => image('steals.qcow2'), code: 6, says: [/backing file/] },
  {
    what: 'a checksum that does not match',
    more: () => `image: { source: ${tiny.image}, sha256: "${'0'.repeat(64)}" }`,
    code: 6,
    says: [/sha256/, /0{64}/],
  },
  {
    what: 'a disk smaller than the image',
    more: () => `${image('large.qcow2')}\nflavor: { memory: 128MiB, disk: 256MiB }`,
    code: 6,
    says: [/256|268435456/, /1 GiB|1073741824/],
  },
  {
    what: 'an unknown key',
    more: () => 'flavour: {}',
    code: 2,
    says: [/line \d+, column \d+/, /did you mean "flavor"/],
  },
  { what: 'a size without a unit', more: () => 'flavor: { memory: 512 }', code: 2, says: [/unit/, /512MiB/] },
  { what: 'a network that is not there', more: () => 'networks: [{ network: nowhere }]', code: 5, says: [/"nowhere"/] },
  {
    what: 'a bridge that is not there',
    more: () => 'networks: [{ bridge: nowhere0 }]',
    code: 5,
    says: [/"nowhere0"/, /ip link add/],
  },
  {
    what: 'more dedicated CPUs than the host has',
    more: () => "flavor: { vcpus: 4096, memory: 128MiB, extraSpecs: { 'hw:cpu_policy': dedicated } }",
    code: 7,
    says: [/no room for the NUMA topology/, /dedicated vCPUs: 4096/, /cpuDedicatedSet/],
  },
  { what: 'neither image nor disk', more: () => 'image: ""', code: 2, says: [/image/] },
];

test.each(cases)('$what: one clear message, exit code $code, nothing left', async ({ more, code, says }) => {
  const before = takeSnapshot(workspace);
  const spec = await workspace.spec(uniqueName('bad'), more());
  const failed = await workspace.cli(['launch', spec, '--quiet']);
  expect(failed.code, failed.stderr).toBe(code);
  for (const pattern of says) expect(failed.stderr).toMatch(pattern);
  expect(failed.stderr).not.toMatch(/\n\s+at |\[object |undefined/);
  expect(failed.stdout).toBe('');
  expect(takeSnapshot(workspace)).toEqual(before);
});

test('no daemon: says so, and how to start it', async () => {
  const before = takeSnapshot(workspace);
  const spec = await workspace.spec(uniqueName('daemon'));
  const uri = `qemu+unix:///system?socket=${workspace.directory}/no-socket`;
  const failed = await workspace.cli(['--uri', uri, 'launch', spec, '--quiet']);
  expect(failed.code, failed.stderr).toBe(75);
  expect(failed.stderr).toMatch(/No libvirt daemon answers/);
  expect(failed.stderr).toMatch(/libvirtd/);
  expect(takeSnapshot(workspace)).toEqual(before);
});

test('no permission: says whose directory it is, and what would help', async () => {
  const closed = join(workspace.directory, 'closed');
  await mkdir(closed, { mode: 0o700 });
  const spec = await workspace.spec(uniqueName('closed'));
  const failed = await workspace.cli(['--instances-dir', join(closed, 'instances'), 'launch', spec, '--quiet']);
  expect(failed.code, failed.stderr).toBe(5);
  expect(failed.stderr).toContain(`chmod o+x "${closed}"`);
});

test('a domain of that name that we did not make', async () => {
  const name = uniqueName('taken');
  const xml = join(workspace.directory, 'taken.xml');
  await writeFile(
    xml,
    `<domain type='qemu'><name>${name}</name><memory>1024</memory><os><type>hvm</type></os></domain>`,
  );
  execFileSync('virsh', ['-q', '-c', 'qemu:///system', 'define', xml]);
  try {
    const failed = await workspace.cli(['launch', await workspace.spec(name), '--quiet']);
    expect(failed.code, failed.stderr).toBe(4);
    expect(failed.stderr).toMatch(/did not make/);
  } finally {
    execFileSync('virsh', ['-q', '-c', 'qemu:///system', 'undefine', name]);
  }
});

test('an image server that breaks off', async () => {
  const before = takeSnapshot(workspace);
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': '1000000' });
    response.write('QFI\xfb');
    setTimeout(() => response.destroy(), 50);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as { port: number };
    const spec = await workspace.spec(uniqueName('http'), `image: http://127.0.0.1:${port}/a.qcow2`);
    const failed = await workspace.cli(['launch', spec, '--quiet']);
    expect(failed.code, failed.stderr).toBe(6);
    expect(failed.stderr).toContain(`http://127.0.0.1:${port}/a.qcow2`);
    expect(takeSnapshot(workspace)).toEqual(before);
  } finally {
    server.close();
  }
});

test('after all of that the next correct run works', correctRun);

async function correctRun(): Promise<void> {
  const name = uniqueName('correct');
  const launched = await workspace.cli(['launch', await workspace.spec(name)]);
  expect(launched.code, launched.stderr).toBe(0);
  expect(await workspace.cli(['delete', name])).toMatchObject({ code: 0 });
}

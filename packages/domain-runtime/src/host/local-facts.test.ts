import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HostPaths, hostPaths, readLocalFacts } from './local-facts.ts';

let directory: string;
let paths: HostPaths;
let warnings: unknown[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawnkit-facts-'));
  const at = (name: string) => join(directory, name);
  paths = {
    onlineCpus: at('online'),
    mounts: at('mounts'),
    cgroupControllers: at('controllers'),
    machineId: at('machine-id'),
    firmware: [at('etc'), at('usr')],
  };
  warnings = [];
  await writeFile(paths.onlineCpus, '0-2,5\n');
});
afterEach(() => rm(directory, { recursive: true }));

const read = (instancesPath?: string) =>
  readLocalFacts({ instancesPath, log: { ...silentLogger, warn: (_, fields) => warnings.push(fields) } }, paths);

test('a host without the files has the facts that need none', async () => {
  expect(await read()).toEqual({
    onlineCpus: [0, 1, 2, 5],
    cpuController: false,
    supportsDirectIo: false,
    kernelRelease: expect.stringMatching(/^\d+\.\d+/) as string,
    firmware: [],
    machineId: undefined,
  });
});

test('the CPU controller is found in either version of cgroups', async () => {
  await writeFile(paths.mounts, 'cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\ntmpfs /cpu tmpfs rw,cpu 0 0\n');
  expect(await read()).toMatchObject({ cpuController: false });
  await writeFile(paths.mounts, 'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,cpu,cpuacct 0 0\n');
  expect(await read()).toMatchObject({ cpuController: true });
  await rm(paths.mounts);
  await writeFile(paths.cgroupControllers, 'cpuset io memory\n');
  expect(await read()).toMatchObject({ cpuController: false });
  await writeFile(paths.cgroupControllers, 'cpuset cpu io memory\n');
  expect(await read()).toMatchObject({ cpuController: true });
});

test('asking for O_DIRECT leaves nothing behind, and a path to come is asked by the directory above', async () => {
  const before = await readdir(directory);
  const { supportsDirectIo } = await read(directory);
  expect(await read(join(directory, 'to', 'come'))).toMatchObject({ supportsDirectIo });
  expect(await readdir(directory)).toEqual(before);
  expect(await read('/proc')).toMatchObject({ supportsDirectIo: false });
  expect(await read(paths.onlineCpus)).toMatchObject({ supportsDirectIo: false });
});

test('firmware comes sorted by name, hidden by files of the same name in earlier directories', async () => {
  const described = (executable: string, more: object = {}) =>
    JSON.stringify({
      'interface-types': ['uefi'],
      mapping: { device: 'flash', executable: { filename: executable }, 'nvram-template': { filename: '/vars' } },
      targets: [{ architecture: 'x86_64', machines: ['pc-q35-*'] }],
      features: ['secure-boot'],
      ...more,
    });
  const [etc = '', usr = ''] = paths.firmware;
  await Promise.all([mkdir(etc), mkdir(usr)]);
  await writeFile(join(usr, '60-plain.json'), described('/plain'));
  await writeFile(join(usr, '50-masked.json'), described('/masked'));
  await writeFile(join(etc, '50-masked.json'), '\n');
  await writeFile(join(usr, '40-hidden.json'), described('/hidden'));
  await writeFile(join(etc, '40-hidden.json'), described('/first'));
  await writeFile(join(usr, '30-bios.json'), described('/bios', { 'interface-types': ['bios'] }));
  await writeFile(join(usr, '20-memory.json'), described('/m', { mapping: { device: 'memory', filename: '/m' } }));
  await writeFile(join(usr, '10-broken.json'), '{');
  await writeFile(join(usr, 'README'), 'no description');
  const { firmware } = await read();
  expect(firmware.map(({ executable }) => executable)).toEqual(['/first', '/plain']);
  expect(firmware[0]).toEqual({
    executable: '/first',
    nvramTemplate: '/vars',
    targets: [{ architecture: 'x86_64', machines: ['pc-q35-*'] }],
    features: ['secure-boot'],
  });
  expect(warnings).toMatchObject([{ path: join(usr, '10-broken.json') }]);
});

test('this host has facts', async () => {
  const facts = await readLocalFacts({ instancesPath: undefined, log: silentLogger }, hostPaths);
  expect(facts.onlineCpus.length).toBeGreaterThan(0);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSettings } from './settings.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'spawnkit-settings-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test('root gets the system daemon and /var/lib, others the session daemon and their own state directory', async () => {
  const env = { HOME: home, SPAWNKIT_CONFIG: undefined };
  expect(await readSettings({ env, uid: 1000 })).toMatchObject({
    uri: 'qemu:///session',
    statePath: join(home, '.local/state/spawnkit'),
    instancesPath: join(home, '.local/state/spawnkit/instances'),
  });
  const file = join(home, 'empty.yaml');
  await writeFile(file, '');
  expect(await readSettings({ env, uid: 0, configFile: file })).toMatchObject({
    uri: 'qemu:///system',
    statePath: '/var/lib/spawnkit',
  });
});

test('flags win over the environment, which wins over the file, which wins over what is built in', async () => {
  const configFile = join(home, 'spawner.yaml');
  await writeFile(configFile, 'uri: qemu+file:///\nstatePath: /file\nvirtType: qemu\n');
  const env = { HOME: home, SPAWNKIT_STATE: '/env', LIBVIRT_DEFAULT_URI: 'qemu+env:///' };
  expect(await readSettings({ env, uid: 1000, configFile, flags: { uri: 'test:///default' } })).toMatchObject({
    uri: 'test:///default',
    statePath: '/env',
    virtType: 'qemu',
    startTimeoutS: 120,
  });
});

test('disks on volumes and in Ceph have what they need, and nothing is there that nobody said', async () => {
  const configFile = join(home, 'spawner.yaml');
  const read = async (text: string) => {
    await writeFile(configFile, text);
    return readSettings({ env: { HOME: home }, uid: 1000, configFile });
  };
  expect(await read('')).toMatchObject({ imagesType: 'qcow2' });
  expect(await read('imagesType: lvm\nimagesVolumeGroup: vg\nsparseLogicalVolumes: true\n')).toMatchObject({
    imagesType: 'lvm',
    imagesVolumeGroup: 'vg',
    sparseLogicalVolumes: true,
  });
  const rbdSecretUuid = '457eb676-33da-42ec-9a8c-9293d545c337';
  expect(await read(`imagesType: rbd\nrbdUser: nova\nrbdSecretUuid: ${rbdSecretUuid.toUpperCase()}\n`)).toMatchObject({
    imagesType: 'rbd',
    rbdUser: 'nova',
    rbdSecretUuid,
  });
});

test.each([
  ['volumes without their group', 'imagesType: lvm\n', /no `imagesVolumeGroup`/],
  ['a user of Ceph without secret', 'imagesType: rbd\nrbdUser: nova\n', /no `rbdSecretUuid`/],
  ['a pool with a slash', 'imagesRbdPool: a/b\n', /imagesRbdPool/],
  ['a group that is an option', 'imagesVolumeGroup: -v\n', /imagesVolumeGroup/],
  ['an unknown key', 'virttype: qemu\n', /spawner\.yaml" is not valid.*virttype/s],
  ['a relative path', 'statePath: here\n', /statePath/],
  ['broken YAML', 'uri: [\n', /is not valid/],
])('readSettings refuses %s', async (_, text, message) => {
  const configFile = join(home, 'spawner.yaml');
  await writeFile(configFile, text);
  await expect(readSettings({ env: { HOME: home }, uid: 1000, configFile })).rejects.toThrow(message);
});

test('a configuration file that was named must be there', async () => {
  const source = { env: { HOME: home, SPAWNKIT_CONFIG: join(home, 'missing.yaml') }, uid: 1000 };
  await expect(readSettings(source)).rejects.toThrow(/missing\.yaml/);
});

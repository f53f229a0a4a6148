import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@spawnkit/effects';
import { parseBlockDeviceInfo } from '@spawnkit/instance';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requestFromSpec } from '../request/request.ts';
import { readStoredRequest, writeStoredRequest } from '../request/stored-request.ts';
import { parseSpec } from '../spec/read-spec.ts';
import { sealedDevices } from './volume-secrets.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawner-volume-secrets-'));
});
afterEach(() => rm(directory, { recursive: true }));

const devices = parseBlockDeviceInfo({
  block_device_mapping: ['one', 'two'].map((serial) => ({
    mount_device: '/dev/vdb',
    connection_info: {
      driver_volume_type: 'iscsi',
      serial,
      data: { target_lun: 1, auth_username: 'me', auth_password: `c4n4ry-${serial}` },
    },
  })),
});

test('secrets of volumes come back with a stored request, and lie in a file of their own', async () => {
  const request = requestFromSpec({ spec: parseSpec('name: web\nimage: a.qcow2\n'), directory: '/' });
  await writeStoredRequest(directory, { ...request, blockDeviceInfo: sealedDevices(devices) });
  expect(await readFile(join(directory, 'request.json'), 'utf8')).not.toContain('c4n4ry');
  expect((await stat(join(directory, 'volume-secrets.json'))).mode & 0o777).toBe(0o600);
  const { blockDeviceInfo } = await readStoredRequest(directory);
  const passwords = blockDeviceInfo.blockDeviceMapping.map(
    ({ connectionInfo }) => connectionInfo?.data['auth_password'],
  );
  expect(passwords.map((one) => one instanceof Secret && one.reveal())).toEqual(['c4n4ry-one', 'c4n4ry-two']);
});

test('without secrets there is no such file', async () => {
  const request = requestFromSpec({
    spec: parseSpec('name: web\nvolumes: [{ rbd: a/b, boot: true }]\n'),
    directory: '/',
  });
  await writeStoredRequest(directory, request);
  await expect(stat(join(directory, 'volume-secrets.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await readStoredRequest(directory)).blockDeviceInfo).toEqual(request.blockDeviceInfo);
});

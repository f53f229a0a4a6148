import { inspect } from 'node:util';
import { Secret } from '@spawnkit/effects';
import { volumeDisk, defaultVolumeConfig } from '@spawnkit/volume';
import { expect, test } from 'vitest';
import { parseSpec } from '../spec/read-spec.ts';
import { requestFromSpec } from './request.ts';

const requestOf = (volumes: string, more = '') =>
  requestFromSpec({ spec: parseSpec(`name: web\nvolumes:\n${volumes}${more}`), directory: '/specs' });
const volumeOf = (volume: string) => requestOf(`  - ${volume}\n`).blockDeviceInfo.blockDeviceMapping[0];
const refusal = (volume: string, more = '') => {
  try {
    requestOf(`  - ${volume}\n`, more);
  } catch (error) {
    return String(error);
  }
  return 'nothing was refused';
};
const config = { ...defaultVolumeConfig, virtType: 'qemu' };

test.each([
  ['{ rbd: volumes/web }', { type: 'network', source: { protocol: 'rbd', name: 'volumes/web', hosts: [] } }],
  [
    "{ rbd: { image: volumes/web, monitors: ['[2001:db8::1]:6789'] } }",
    { source: { hosts: [{ name: '2001:db8::1', port: 6789 }] } },
  ],
  [
    "{ nbd: { server: '192.0.2.1:10809', export: vol1 }, format: qcow2 }",
    {
      driver: { type: 'qcow2' },
      source: { protocol: 'nbd', name: 'vol1', hosts: [{ name: '192.0.2.1', port: 10809 }] },
    },
  ],
  ["{ nfs: '192.0.2.1:/vols/web.raw' }", { source: { protocol: 'nfs', name: '/vols/web.raw' } }],
  [
    '{ http: https://images.example/web.raw }',
    { readonly: true, source: { protocol: 'https', name: '/web.raw', hosts: [{ name: 'images.example', port: 443 }] } },
  ],
  ['{ path: /dev/vg/web, readOnly: true }', { type: 'block', source: { dev: '/dev/vg/web' }, readonly: true }],
  ['{ path: disks/web.raw }', { type: 'file', source: { file: '/specs/disks/web.raw' } }],
])('%s is such a disk', (text, disk) => {
  const connectionInfo = volumeOf(text)?.connectionInfo;
  if (!connectionInfo) throw new Error('the volume has no connection info');
  const shown = volumeDisk({ connectionInfo }, { bus: 'virtio', dev: 'vdb', type: 'disk' }, { config });
  expect(shown).toMatchObject(disk);
  expect(shown.serial).toMatch(/^[0-9a-f-]{36}$/);
});

test('equal volumes have equal ids, and others have others', () => {
  const serial = (text: string) => volumeOf(text)?.connectionInfo?.serial;
  expect(serial('{ rbd: a/b }')).toBe(serial('{ rbd: a/b, bus: scsi }'));
  expect(serial('{ rbd: a/b }')).not.toBe(serial('{ rbd: a/c }'));
  expect(serial('{ rbd: a/b, id: 2a0a0f6c-babf-454d-b93e-9ac9957b95e0 }')).toBe('2a0a0f6c-babf-454d-b93e-9ac9957b95e0');
});

test('where a volume sits and how it is opened is kept, and files are seen from the specification', () => {
  const login = "portal: '192.0.2.1:3260', iqn: iqn.2026-11.example:a, lun: 3, user: me, passwordFile: chap";
  const request = requestOf(
    `  - { iscsi: { ${login} }, boot: true, device: vdc, deviceType: lun, bus: scsi, encryption: { keyFile: key } }\n`,
  );
  const [volume] = request.blockDeviceInfo.blockDeviceMapping;
  expect(volume).toMatchObject({ bootIndex: 0, mountDevice: '/dev/vdc', deviceType: 'lun', diskBus: 'scsi' });
  expect(volume?.connectionInfo?.data).toMatchObject({ protocol: 'iscsi', name: 'iqn.2026-11.example:a/3' });
  expect(Object.values(request.volumeKeys ?? {})).toEqual([
    {
      passwordFile: '/specs/chap',
      encryption: { provider: 'luks', controlLocation: 'front-end', encryptionKeyId: 'file:/specs/key' },
    },
  ]);
});

test('what is secret in connection info is sealed at once, and in no specification that is kept', () => {
  const data = 'data: { target_portal: 192.0.2.1:3260, auth_username: me, auth_password: c4n4ry }';
  const request = requestOf(`  - connection: { driver_volume_type: iscsi, serial: a-volume, ${data} }\n`);
  const connectionInfo = request.blockDeviceInfo.blockDeviceMapping[0]?.connectionInfo;
  expect(connectionInfo?.data['auth_password']).toBeInstanceOf(Secret);
  expect(inspect(request, { depth: 20 }) + JSON.stringify(request.spec)).not.toContain('c4n4ry');
  expect(JSON.stringify(request.spec)).toContain('"auth_password":"***"');
});

test.each([
  ['{ rbd: web }', '', /expected POOL\/IMAGE|expected one of/],
  ['{ rbd: a/b, size: 1GiB }', '', /unknown key "size"/],
  ['{ rbd: a/b, encryption: { format: luks } }', '', /either `keyFile` or `key`/],
  ['{ rbd: a/b, boot: true }', 'image: a.qcow2\n', /an image and a volume that boots first/],
  ['{ rbd: a/b, boot: true }', '  - { rbd: a/c, bootIndex: 0 }\n', /two volumes that boot first/],
])('%s is refused%s', (volume, more, message) => {
  expect(refusal(volume, more)).toMatch(message);
});

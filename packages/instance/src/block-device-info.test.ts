import { expect, test } from 'vitest';
import { noBlockDevices, parseBlockDeviceInfo } from './block-device-info.ts';

test('parseBlockDeviceInfo keeps connection data as the volume service named it', () => {
  const info = parseBlockDeviceInfo({
    root_device_name: '/dev/vda',
    image: null,
    swap: { device_name: null, swap_size: 256 },
    block_device_mapping: [
      {
        mount_device: '/dev/vdb',
        boot_index: 0,
        connection_info: {
          driver_volume_type: 'rbd',
          data: { auth_enabled: true, secret_uuid: null, hosts: ['192.0.2.21'] },
        },
      },
    ],
  });
  expect(info).toMatchObject({ rootDeviceName: '/dev/vda', image: [], swap: { swapSize: 256 } });
  expect(info.blockDeviceMapping[0]?.connectionInfo).toEqual({
    driverVolumeType: 'rbd',
    data: { auth_enabled: true, secret_uuid: null, hosts: ['192.0.2.21'] },
  });
});

test('parseBlockDeviceInfo reads null as no block devices', () => {
  expect(parseBlockDeviceInfo(null)).toEqual(noBlockDevices);
});

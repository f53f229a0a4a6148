import { noBlockDevices, parseInstance, type VolumeMapping } from '@spawnkit/instance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { getBootOrder } from './boot-order.ts';
import { defaultBlockinfoConfig } from './config.ts';
import { BlockinfoError } from './errors.ts';
import { type DiskInfoRequest, getDiskInfo } from './get-disk-info.ts';

const instance = parseInstance({
  id: 1,
  uuid: '0f0e1d2c-3b4a-4958-8776-655443322110',
  memory_mb: 512,
  vcpus: 1,
  flavor: { name: 'small', vcpus: 1, memory_mb: 512 },
});
const request: DiskInfoRequest = {
  virtType: 'kvm',
  instance,
  imageMeta: { diskFormat: 'qcow2', properties: {} },
  hostArch: 'x86_64',
  config: defaultBlockinfoConfig,
};
const volume = (placement: Partial<VolumeMapping>): VolumeMapping => ({ deleteOnTermination: false, ...placement });

test('getDiskInfo puts the root of an ISO image on the cdrom bus', () => {
  const { mapping } = getDiskInfo({ ...request, imageMeta: { diskFormat: 'iso', properties: {} } });
  expect(mapping.get('root')).toEqual({ bus: 'ide', dev: 'hda', type: 'cdrom', bootIndex: 1 });
});

test('getDiskInfo keeps swap away from the name of a volume', () => {
  const blockDeviceInfo = {
    ...noBlockDevices,
    swap: { swapSize: 64 },
    blockDeviceMapping: [volume({ mountDevice: '/dev/vdb' })],
  };
  const { mapping, blockDeviceInfo: after } = getDiskInfo({ ...request, blockDeviceInfo });
  expect([...mapping.keys()]).toEqual(['root', 'disk', 'disk.swap', '/dev/vdb']);
  expect(after.swap).toEqual({ swapSize: 64, deviceName: '/dev/vdc', diskBus: 'virtio', deviceType: 'disk' });
  expect(blockDeviceInfo.swap).toEqual({ swapSize: 64 });
});

test('getDiskInfo refuses two disks on one device name and says which', () => {
  const blockDeviceMapping = [volume({ mountDevice: '/dev/vdb' }), volume({ mountDevice: 'vdb' })];
  const call = () => getDiskInfo({ ...request, blockDeviceInfo: { ...noBlockDevices, blockDeviceMapping } });
  expect(call).toThrow(BlockinfoError);
  expect(call).toThrow(
    expect.objectContaining({ code: 'DEVICE_NAME_TAKEN', context: expect.objectContaining({ dev: 'vdb' }) }),
  );
});

test('getBootOrder compares boot indexes as numbers', () => {
  const info = (type: 'disk' | 'cdrom', bootIndex: number) => ({ bus: 'virtio', dev: type, type, bootIndex });
  const mapping = new Map([
    ['/dev/a', info('disk', 10)],
    ['/dev/b', info('cdrom', 2)],
  ]);
  expect(getBootOrder(mapping)).toEqual(['cdrom', 'hd']);
});

const bus = fc.constantFrom('virtio', 'scsi', 'sata', 'usb', undefined);
const type = fc.constantFrom('disk', 'cdrom', undefined);
const requests = fc
  .record({
    diskFormat: fc.constantFrom('qcow2', 'raw', 'iso'),
    volumes: fc.array(fc.record({ diskBus: bus, deviceType: type, named: fc.boolean() }), { maxLength: 8 }),
    ephemerals: fc.array(fc.record({ diskBus: bus }), { maxLength: 3 }),
    swapSize: fc.nat({ max: 2 }),
    rootVolume: fc.boolean(),
    configDrive: fc.constantFrom('', 'True'),
  })
  .map(({ volumes, diskFormat, configDrive, rootVolume, ...info }): DiskInfoRequest => {
    const blockDeviceMapping = volumes.map(({ named, ...one }, index) =>
      // Only the first is the root: boot indexes are unique in what Nova accepts.
      volume({
        ...one,
        ...(named && { mountDevice: `/dev/sd${'pqrstuvw'[index]}` }),
        bootIndex: rootVolume ? index : index + 1,
      }),
    );
    const blockDeviceInfo = {
      image: [],
      ephemerals: info.ephemerals,
      swap: { swapSize: info.swapSize },
      blockDeviceMapping,
    };
    return {
      ...request,
      imageMeta: { diskFormat, properties: {} },
      instance: { ...instance, configDrive },
      blockDeviceInfo,
    };
  });

test('getDiskInfo gives unique names, a root that boots, a boot order without repeats, and the same answer twice', () => {
  fc.assert(
    fc.property(requests, (one) => {
      const before = structuredClone(one);
      const { mapping, blockDeviceInfo } = getDiskInfo(one);
      const disks = [...mapping].filter(([name]) => name !== 'root').map(([, info]) => info);
      expect(new Set(disks.map(({ dev }) => dev)).size).toBe(disks.length);
      const root = mapping.get('root');
      expect(root?.bootIndex).toBe(1);
      expect(disks.filter(({ dev }) => dev === root?.dev)).toEqual([root]);
      const kinds = { disk: 'hd', cdrom: 'cdrom', floppy: 'fd', lun: 'lun' };
      const booting = disks.filter(({ bootIndex }) => bootIndex !== undefined);
      expect(getBootOrder(mapping).toSorted()).toEqual(
        [...new Set(booting.map((disk) => kinds[disk.type]))].toSorted(),
      );
      expect(one).toEqual(before);
      expect(getDiskInfo(one)).toEqual(getDiskInfo(before));
      expect(getDiskInfo({ ...one, blockDeviceInfo }).mapping).toEqual(mapping);
    }),
  );
});

import fc from 'fast-check';
import { build, check, Disk, parse } from '@spawnkit/guest-config';
import { describe, expect, test } from 'vitest';
import { aVolume } from '../../test/a-volume.ts';
import { defaultVolumeConfig } from '../volume-config.ts';
import { volumeDisk } from './volume-disk.ts';
import { volumeSource } from './volume-source.ts';

const config = { ...defaultVolumeConfig, virtType: 'qemu' };
const place = { bus: 'virtio', dev: 'vdb', type: 'disk' } as const;
const local = (data: Readonly<Record<string, unknown>>) => ({
  connectionInfo: aVolume('local', { device_path: '/dev/vg/lv', ...data }, 'a-serial'),
});

describe('volumeDisk', () => {
  test('shows an iSCSI target that QEMU opens itself, with its user and libvirt’s secret', () => {
    const connectionInfo = aVolume('qemu', {
      protocol: 'iscsi',
      name: 'iqn.2010-10.org.openstack:volume-1/1',
      hosts: ['10.0.0.5'],
      ports: ['3260'],
      auth_username: 'u',
      auth_secret_uuid: '457eb676-33da-42ec-9a8c-9293d545c337',
    });
    const disk = volumeDisk({ connectionInfo }, place, { config });
    expect(disk).toMatchObject({
      type: 'network',
      source: { protocol: 'iscsi', hosts: [{ name: '10.0.0.5', port: 3260 }] },
      auth: { username: 'u', secret: { type: 'iscsi', uuid: '457eb676-33da-42ec-9a8c-9293d545c337' } },
    });
    expect(check(Disk, disk)).toEqual([]);
  });

  test('shows the unlocked device of a volume that the host unlocks, whatever it lies on', () => {
    const connectionInfo = aVolume('nfs', { device_path: '/mnt/x/volume-1' });
    const disk = volumeDisk({ connectionInfo, unlockedPath: '/dev/mapper/volume-1' }, place, { config });
    expect(disk).toMatchObject({ type: 'block', source: { dev: '/dev/mapper/volume-1' } });
  });

  test.each([
    ['access_mode', 'wo'],
    ['device_path', undefined],
    ['device_path', 'a\nb'],
    ['qos_specs', { read_iops_sec: 'many' }],
    ['logical_block_size', -1],
  ])('refuses %s %j, naming the field', (field, value) => {
    const volume = local({ [field]: value });
    expect(() => volumeDisk(volume, place, { config })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONNECTION_INFO', context: expect.anything() }),
    );
  });

  test('writes XML that reads back as the same disk, whatever a volume service says', () => {
    const limit = fc.oneof(fc.nat(1_000_000), fc.nat(1_000_000).map(String));
    const data = fc.record(
      {
        qos_specs: fc.dictionary(
          fc.constantFrom('read_iops_sec', 'write_bytes_sec_max', 'size_iops_sec', 'other'),
          limit,
        ),
        access_mode: fc.constantFrom('ro', 'rw', '', null),
        discard: fc.oneof(fc.boolean(), fc.constant('yes')),
        logical_block_size: fc.constantFrom(512, '4096'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        data,
        fc.constantFrom('virtio', 'scsi', 'sata'),
        fc.option(fc.nat(255), { nil: undefined }),
        (given, bus, unit) => {
          const disk = volumeDisk(local(given), { bus, dev: 'sdb', type: 'disk', unit }, { config });
          expect(check(Disk, build(Disk, disk))).toEqual([]);
          expect(build(Disk, parse(Disk, build(Disk, disk)))).toBe(build(Disk, disk));
          expect(disk.readonly === true).toBe(given.access_mode === 'ro');
          expect(disk.driver?.discard).toBe(given.discard === true ? 'unmap' : undefined);
        },
      ),
    );
  });
});

describe('volumeSource', () => {
  test('of a local volume is its device, raw and uncached', () => {
    const source = volumeSource(local({}), config);
    expect(source).toEqual({ type: 'block', path: '/dev/vg/lv', format: 'raw', driverCache: 'none' });
  });

  test.each([
    [{ protocol: 'gopher', hosts: ['x'] }, 'protocol'],
    [{ protocol: 'nbd', hosts: [] }, 'hosts'],
    [{ protocol: 'nbd', hosts: ['x'], ports: [1, 2] }, 'ports'],
    [{ protocol: 'nbd', hosts: ['x'], ports: [70_000] }, '0'],
    [{ protocol: 'http', hosts: ['x'] }, 'name'],
    [{ protocol: 'http', hosts: ['x'], name: '/x', auth_username: 'u' }, 'auth_username'],
    [{ protocol: 'iscsi', hosts: ['x'], name: 'iqn.x/1', auth_username: 'u' }, 'auth_secret_uuid'],
  ])('refuses the network source %j', (data, field) => {
    expect(() => volumeSource({ connectionInfo: aVolume('qemu', data) }, config)).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONNECTION_INFO',
        context: expect.objectContaining({ field }) as unknown,
      }),
    );
  });
});

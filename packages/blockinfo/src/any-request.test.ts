import { InstanceError, parseBlockDeviceInfo, parseInstance } from '@spawnkit/instance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { getBootOrder } from './boot-order.ts';
import { defaultBlockinfoConfig } from './config.ts';
import { BlockinfoError } from './errors.ts';
import { type DiskInfoRequest, getDiskInfo, type InstanceDiskInfo } from './get-disk-info.ts';

/** Mostly what works, sometimes what does not. */
const mostly = (good: readonly string[], bad: readonly string[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) });

const virtTypes = mostly(['kvm', 'qemu', 'lxc', 'parallels'], ['xen', 'uml', 'hyperv', 'constructor']);
const architectures = mostly(['x86_64', 'aarch64', 'ppc64le', 's390x'], ['mipsel', '__proto__']);
const buses = mostly(['virtio', 'scsi', 'sata', 'usb'], ['ide', 'fdc', 'lxc', 'xen', 'uml', 'toString', '']);
const types = mostly(['disk', 'cdrom'], ['floppy', 'lun', 'fs', 'valueOf', '']);
const names = mostly(
  ['/dev/vdb', '/dev/vdc', 'vdd', '/dev/vde', '/dev/sdb', '/dev/hdc', '/dev/sdx'],
  ['/dev/vda', 'fda', '/dev/xvda', '/dev/', '', '/dev/null', 'disk', 'root'],
);

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 2 });
const placement = {
  disk_bus: optional(buses),
  device_type: optional(types),
  boot_index: fc.option(fc.integer({ min: -1, max: 12 }), { nil: null }),
  guest_format: optional(fc.constantFrom('ext4', 'swap')),
};
const localDisk = fc.record({
  ...placement,
  device_name: optional(names),
  size: fc.nat(),
  encrypted: fc.boolean(),
  encryption_options: optional(mostly(['{}', '{"__proto__": 1}'], ['[]', '{', 'null'])),
});
const blockDevices = fc.record({
  root_device_name: optional(names),
  image: fc.array(localDisk, { maxLength: 1 }),
  ephemerals: fc.array(localDisk, { maxLength: 3 }),
  swap: fc.option(
    fc.record({ device_name: optional(names), swap_size: fc.nat({ max: 2 }), disk_bus: optional(buses) }),
    { nil: null },
  ),
  block_device_mapping: fc.array(fc.record({ ...placement, mount_device: optional(names) }), { maxLength: 4 }),
});
const properties = fc.record(
  {
    hw_disk_bus: buses,
    hw_cdrom_bus: buses,
    hw_floppy_bus: buses,
    hw_rescue_bus: buses,
    hw_rescue_device: types,
    hw_machine_type: mostly(['pc', 'q35', 'virt'], ['', '__proto__']),
    hw_architecture: architectures,
  },
  { requiredKeys: [] },
);

const requests = fc
  .record({
    virtType: virtTypes,
    hostArch: architectures,
    diskFormat: optional(fc.constantFrom('qcow2', 'iso', 'ami', '')),
    properties,
    rescueProperties: fc.option(properties, { nil: undefined }),
    rescue: fc.boolean(),
    blockDevices,
    configDrive: fc.constantFrom('', 'True'),
    sizes: fc.record({ ephemeralGb: fc.nat({ max: 2 }), swap: fc.nat({ max: 2 }) }),
    config: fc.record({
      configDriveFormat: fc.constantFrom('iso9660' as const, 'vfat' as const),
      diskPrefix: fc.constantFrom(undefined, 'vd', ''),
      maxDiskDevicesToAttach: fc.integer({ min: -1, max: 3 }),
    }),
  })
  .map(
    ({ sizes, configDrive, config, ...one }): DiskInfoRequest => ({
      virtType: one.virtType,
      hostArch: one.hostArch,
      instance: parseInstance({
        id: 1,
        uuid: '0f0e1d2c-3b4a-4958-8776-655443322110',
        memory_mb: 512,
        vcpus: 1,
        ephemeral_gb: sizes.ephemeralGb,
        configDrive,
        flavor: { name: 'any', vcpus: 1, memory_mb: 512, swap: sizes.swap },
      }),
      imageMeta: { diskFormat: one.diskFormat ?? undefined, properties: one.properties },
      blockDeviceInfo: parseBlockDeviceInfo(one.blockDevices),
      rescue: one.rescue,
      rescueImageMeta: one.rescueProperties && { properties: one.rescueProperties },
      config: { ...defaultBlockinfoConfig, ...config },
    }),
  );

test('getDiskInfo and getBootOrder answer any request with unique names, or refuse it with a typed error', () => {
  const counts = { answered: 0, refused: 0 };
  fc.assert(
    fc.property(requests, (request) => {
      const answer = typed(() => getDiskInfo(request));
      counts[answer ? 'answered' : 'refused']++;
      if (!answer) return;
      const own = [...answer.mapping].filter(([name]) => name !== 'root').flatMap(([, { dev }]) => (dev ? [dev] : []));
      expect(new Set(own).size).toBe(own.length);
      expect(answer.mapping.has('root')).toBe(true);
      checkBootOrder(answer);
    }),
    { numRuns: 3000 },
  );
  expect(counts.answered).toBeGreaterThan(200);
  expect(counts.refused).toBeGreaterThan(200);
});

/** Each kind of device that boots, once. */
function checkBootOrder({ mapping }: InstanceDiskInfo): void {
  const order = typed(() => getBootOrder(mapping));
  if (!order) return;
  const kinds = { disk: 'hd', cdrom: 'cdrom', floppy: 'fd', lun: 'lun' };
  const booting = [...mapping].filter(([name, { bootIndex }]) => name !== 'root' && bootIndex !== undefined);
  expect(order.toSorted()).toEqual([...new Set(booting.map(([, { type }]) => kinds[type]))].toSorted());
}

/** Any other error than a refusal fails the test. */
function typed<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof BlockinfoError || error instanceof InstanceError) return undefined;
    throw error;
  }
}

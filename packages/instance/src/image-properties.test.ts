import { expect, expectTypeOf, test } from 'vitest';
import { InstanceError } from './errors.ts';
import { type ImageProperties, readImageProperties, stashedImageProperties } from './image-properties.ts';

test('readImageProperties gives typed values under camelCase names and leaves unknown properties out', () => {
  const read = readImageProperties({
    properties: { hw_disk_bus: 'scsi', hw_qemu_guest_agent: 'Yes', hw_video_ram: ' 64 ', colour: 'blue' },
  });
  expect(read).toEqual({ hwDiskBus: 'scsi', hwQemuGuestAgent: true, hwVideoRam: 64 });
  expectTypeOf<ImageProperties['hwTpmVersion']>().toEqualTypeOf<'1.2' | '2.0' | undefined>();
});

test('readImageProperties understands legacy names, which current names overrule', () => {
  const properties = { architecture: 'AMD64', vmware_adaptertype: 'lsiLogicsas', vm_mode: 'hv', os_type: 'Windows' };
  expect(readImageProperties({ properties })).toEqual({
    hwArchitecture: 'x86_64',
    hwDiskBus: 'scsi',
    hwScsiModel: 'lsisas1068',
    hwVmMode: 'hvm',
    osType: 'windows',
  });
  expect(readImageProperties({ properties: { vmware_adaptertype: 'ide', hw_disk_bus: 'virtio' } })).toEqual({
    hwDiskBus: 'virtio',
  });
});

test('readImageProperties collects NUMA cells and required traits', () => {
  const properties = {
    'hw_numa_mem.0': '512',
    'hw_numa_mem.1': '1024',
    'hw_numa_cpus.0': '0-3,^1',
    'hw_numa_cpus.2': '7',
    'trait:HW_CPU_X86_AVX2': 'required',
    'trait:CUSTOM_SLOW': 'forbidden',
  };
  expect(readImageProperties({ properties })).toEqual({
    hwNumaMem: [512, 1024],
    hwNumaCpus: [[0, 2, 3]],
    traitsRequired: ['HW_CPU_X86_AVX2'],
  });
});

test('readImageProperties names every wrong property, its value and what is allowed', () => {
  const properties = { hw_rescue_device: 'tape', architecture: 'arm64', hw_video_ram: 'lots', 'hw_numa_cpus.0': '3-1' };
  expect(() => readImageProperties({ properties })).toThrow(InstanceError);
  try {
    readImageProperties({ properties });
  } catch (error) {
    const issues = error instanceof InstanceError ? error.issues : [];
    expect(issues.map(({ path }) => path).toSorted()).toEqual([
      'properties.architecture',
      'properties.hw_numa_cpus.0',
      'properties.hw_rescue_device',
      'properties.hw_video_ram',
    ]);
    expect(issues.find(({ path }) => path.endsWith('device'))?.message).toBe(
      '"tape" is not allowed, expected one of "cdrom", "disk", "floppy", "fs", "lun"',
    );
  }
});

test('readImageProperties does not take inherited names of objects for values', () => {
  expect(() => readImageProperties({ properties: { hw_vif_model: 'constructor' } })).toThrow(InstanceError);
});

test('stashedImageProperties finds what the instance remembers of its image', () => {
  const systemMetadata = { image_hw_disk_bus: 'ide', owner_user_name: 'admin' };
  expect(stashedImageProperties({ systemMetadata })).toEqual({ hw_disk_bus: 'ide' });
});

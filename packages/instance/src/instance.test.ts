import { expect, test } from 'vitest';
import { InstanceError } from './errors.ts';
import { parseInstance } from './instance.ts';

const nova = {
  id: 7,
  uuid: '9f5c8988-ba3a-5be2-8bc4-a8de17249db3',
  display_name: 'web',
  image_ref: '',
  kernel_id: null,
  memory_mb: 512,
  vcpus: 1,
  system_metadata: { image_min_ram: 0, owner_user_name: 'admin' },
  flavor: { name: 'm1.small', vcpus: 1, memory_mb: 512, extra_specs: { 'hw:cpu_policy': 'dedicated', 'hw:pmu': true } },
  numa_topology: {
    emulator_threads_policy: null,
    cells: [{ id: 0, cpuset: [], pcpuset: [0], memory: 512, cpu_pinning: { '0': 3 } }],
  },
  some_field_of_a_later_nova: 1,
};

test('parseInstance reads a record under Nova field names, null as missing', () => {
  const instance = parseInstance(nova);
  expect(instance).toMatchObject({ displayName: 'web', kernelId: '', memoryMb: 512, rootGb: 0, pciDevices: [] });
  expect(instance.systemMetadata).toEqual({ image_min_ram: '0', owner_user_name: 'admin' });
  expect(instance.flavor.extraSpecs).toEqual({ 'hw:cpu_policy': 'dedicated', 'hw:pmu': 'True' });
  expect(instance.numaTopology?.cells[0]?.cpuPinning).toEqual({ '0': 3 });
});

test('parseInstance reads its own result again to the same value', () => {
  const instance = parseInstance(nova);
  expect(parseInstance(instance)).toEqual(instance);
});

test('parseInstance names every wrong field at once', () => {
  const wrong = { ...nova, uuid: 'x', flavor: { name: '', vcpus: 0, memory_mb: 1 } };
  const failure = catchError(() => parseInstance(wrong));
  expect(failure).toBeInstanceOf(InstanceError);
  expect((failure as InstanceError).issues.map((issue) => issue.path)).toEqual(['uuid', 'flavor.name', 'flavor.vcpus']);
  expect((failure as InstanceError).message).toContain('expected a UUID');
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

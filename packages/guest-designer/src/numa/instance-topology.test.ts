import { type InstanceNumaTopology, parseImageMeta, parseInstance, readImageProperties } from '@spawnkit/instance';
import { expect, test } from 'vitest';
import { recordOf } from '../../test/recorded-case.ts';
import { designerConfigOf } from '../../test/recorded-config.ts';
import { everyRecordedCase } from '../../test/recorded-hosts.ts';
import { fitInstanceToHost } from './fit-instance.ts';
import { type HostCell, hostCellsOf } from './host-cell.ts';
import { numaTopologyOf } from './instance-topology.ts';

test('numaTopologyOf and fitInstanceToHost place every recorded guest as Nova did on its host', async () => {
  let compared = 0;
  const byHand: string[] = [];
  for await (const { one, host: recordedHost } of everyRecordedCase()) {
    if (!recordOf(one.input.instance).numa_topology) continue;
    const { recorded, facts } = recordedHost;
    // Those whose flavor and image want none got their topology by hand.
    const instance = parseInstance(one.input.instance);
    const wish = numaTopologyOf(instance.flavor, readImageProperties(parseImageMeta(one.input.image_meta)));
    if (!wish || !instance.numaTopology) {
      byHand.push(one.id);
      continue;
    }
    const host = hostCellsOf(facts, designerConfigOf(one.config, recorded));
    const ours = fitInstanceToHost({ host, instance: wish });
    expect(ours && byCore(ours, host), one.id).toEqual(byCore(instance.numaTopology, host));
    compared++;
  }
  expect(byHand).toEqual(['pages/numa-topology-dedicated-noset', 'pages/numa-on-aarch64']);
  expect(compared).toBeGreaterThanOrEqual(29);
});

/**
 * Which of two equal cores comes first, and which of two siblings, is the order of Python's sets in Nova: what counts is the
 * cell, and which vCPUs share a core.
 */
function byCore({ emulatorThreadsPolicy, cells }: InstanceNumaTopology, host: readonly HostCell[]) {
  const coreOf = (cpu: number) => host.flatMap(({ siblings }) => siblings).findIndex((core) => core.includes(cpu));
  return {
    emulatorThreadsPolicy,
    cells: cells.map(({ cpuPinning, cpusetReserved, ...cell }) => {
      const cores = Object.values(cpuPinning ?? {}).map(coreOf);
      return { ...cell, sharesCoreWith: cores.map((core) => cores.indexOf(core)), reserved: cpusetReserved?.length };
    }),
  };
}

const flavor = (extraSpecs: Readonly<Record<string, string>>, vcpus = 4) =>
  ({ name: 'numa', vcpus, memoryMb: 1024, rootGb: 0, ephemeralGb: 0, swap: 0, extraSpecs }) as const;

test('numaTopologyOf lets the image choose pages only where the flavor leaves them open', () => {
  const size = (ofFlavor: string, ofImage?: string) =>
    numaTopologyOf(flavor({ 'hw:mem_page_size': ofFlavor }), ofImage ? { hwMemPageSize: ofImage } : {})?.cells[0]
      ?.pageSize;
  expect(size('large')).toBe('large');
  expect(size('2MB')).toBe(2048);
  expect(size('1GiB')).toBe(1_048_576);
  expect(size('any', '2048')).toBe(2048);
  expect(() => size('2048', '4')).toThrow(expect.objectContaining({ code: 'FLAVOR_IMAGE_CONFLICT' }));
  for (const text of ['0', '2M', '0.5B', '-1', 'huge']) {
    expect(() => size(text)).toThrow(expect.objectContaining({ code: 'INVALID_EXTRA_SPEC' }));
  }
});

test('numaTopologyOf answers at once for more vCPUs than any machine has, and refuses more than that', () => {
  const wish = numaTopologyOf(flavor({ 'hw:cpu_policy': 'dedicated' }, 65_536), {});
  expect(wish?.cells[0]?.pcpuset).toHaveLength(65_536);
  expect(() => numaTopologyOf(flavor({ 'hw:cpu_policy': 'dedicated' }, 2 ** 40), {})).toThrow(
    expect.objectContaining({ code: 'NUMA_TOPOLOGY_INVALID' }),
  );
});

test.each([
  ['NUMA_TOPOLOGY_INVALID', { 'hw:numa_nodes': '3' }, {}],
  ['NUMA_TOPOLOGY_INVALID', { 'hw:numa_nodes': '2', 'hw:numa_cpus.0': '0-1', 'hw:numa_mem.0': '512' }, {}],
  ['INVALID_EXTRA_SPEC', { 'hw:numa_nodes': '2', 'hw:numa_cpus.0': 'one' }, {}],
  ['FLAVOR_IMAGE_CONFLICT', { 'hw:numa_nodes': '2' }, { hwNumaNodes: 2 }],
  ['CPU_POLICY_CONFLICT', { 'hw:cpu_thread_policy': 'require' }, {}],
  ['CPU_POLICY_CONFLICT', { 'hw:cpu_policy': 'mixed' }, {}],
  ['CPU_POLICY_CONFLICT', { 'resources:PCPU': '3' }, {}],
  ['LOCKED_MEMORY_FORBIDDEN', { 'hw:locked_memory': 'true' }, {}],
] as const)('numaTopologyOf throws %s for %o', (code, extraSpecs, image) => {
  expect(() => numaTopologyOf(flavor(extraSpecs), image)).toThrow(
    expect.objectContaining({ code, fix: expect.any(String) }),
  );
});

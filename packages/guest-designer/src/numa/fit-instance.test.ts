import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceNumaCell, InstanceNumaTopology } from '@spawnkit/instance';
import { expect, test } from 'vitest';
import { listOf, numberOf, recordOf } from '../../test/recorded-case.ts';
import { type FitCase, fitOutcome } from '../../test/recorded-fit.ts';
import { fitInstanceToHost } from './fit-instance.ts';
import type { HostCell } from './host-cell.ts';

const file = join(import.meta.dirname, '../../test/vectors/numa/fit.json');
const cases = JSON.parse(await readFile(file, 'utf8')) as readonly FitCase[];

/** What Nova raises where we throw. */
const novaExceptions: Readonly<Record<string, readonly string[]>> = {
  INVALID_EXTRA_SPEC: [
    'InvalidCPUAllocationPolicy',
    'InvalidMixedInstanceDedicatedMask',
    'InvalidNUMANodesNumber',
    'MemoryPageSizeInvalid',
    'RealtimeMaskNotFoundOrInvalid',
  ],
  FLAVOR_IMAGE_CONFLICT: [
    'ImageCPUPinningForbidden',
    'ImageCPUThreadPolicyForbidden',
    'ImageNUMATopologyForbidden',
    'MemoryPageSizeForbidden',
  ],
  LOCKED_MEMORY_FORBIDDEN: ['LockMemoryForbidden'],
  CPU_POLICY_CONFLICT: [
    'BadRequirementEmulatorThreadsPolicy',
    'CPUThreadPolicyConfigurationInvalid',
    'InvalidMixedInstanceDedicatedMask',
    'InvalidRequest',
    'RealtimeConfigurationInvalid',
    'RealtimeMaskNotFoundOrInvalid',
    'RequiredMixedInstancePolicy',
    'RequiredMixedOrRealtimeCPUMask',
  ],
  NUMA_TOPOLOGY_INVALID: [
    'ImageNUMATopologyAsymmetric',
    'ImageNUMATopologyCPUDuplicates',
    'ImageNUMATopologyCPUOutOfRange',
    'ImageNUMATopologyIncomplete',
    'InvalidNUMANodesNumber',
  ],
};

const places = (fit: unknown) => listOf(recordOf(fit).cells).map(recordOf);
const wishes = (one: FitCase) => places(one.expect.wish);

/** Where we place an instance otherwise, by the reason: whether it is the reason for this case. */
const differences: Readonly<Record<string, (one: FitCase, ours: unknown) => boolean>> = {
  'a cell of a mixed instance without dedicated vCPUs needs no host CPU, and Nova finds none for it': (one, ours) =>
    one.expect.fit === null &&
    ours !== null &&
    wishes(one).some((cell) => cell.cpuPolicy === 'mixed' && listOf(cell.pcpuset).length === 0),
  'each pair of cells gets the best pages, where Nova keeps the size that an earlier attempt chose': (one, ours) =>
    wishes(one).some(({ pageSize }) => pageSize === 'any' || pageSize === 'large') &&
    places(ours).every(
      (cell, index) => (numberOf(cell.pagesize) ?? 0) >= (numberOf(places(one.expect.fit)[index]?.pagesize) ?? 0),
    ),
  'an isolated emulator gets a free core, where Nova fails when it claims one that is half taken': (one, ours) =>
    one.expect.after_exception === 'CPUPinningInvalid' && ours === null,
};

test('numaTopologyOf and fitInstanceToHost answer what Nova answered in every recorded case', () => {
  const failures: string[] = [];
  const reasons = new Map<string, number>();
  for (const one of cases) {
    const ours = fitOutcome(one);
    if (isSame(one, ours)) continue;
    const reason = Object.keys(differences).find((name) => differences[name]?.(one, ours.fit));
    if (reason === undefined) failures.push(one.id);
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  expect(failures).toEqual([]);
  expect(cases.length).toBeGreaterThanOrEqual(260);
  expect([...reasons.keys()].toSorted()).toEqual(Object.keys(differences).toSorted());
});

function isSame({ expect: nova }: FitCase, ours: ReturnType<typeof fitOutcome>): boolean {
  if (typeof ours.code === 'string') return novaExceptions[ours.code]?.includes(String(nova.exception)) ?? false;
  if (nova.topology === null || ours.topology === null) return nova.topology === ours.topology;
  const sameWish = plain(recordOf(ours.wish)) === plain(recordOf(nova.wish));
  const samePlaces = plain(placed(ours.fit)) === plain(nova.fit);
  return sameWish && samePlaces && (nova.after === undefined || plain(usage(ours.after)) === plain(nova.after));
}

/** Our topology with the recording's names. */
function placed(fit: unknown) {
  if (fit === null) return null;
  const { emulatorThreadsPolicy, cells } = fit as InstanceNumaTopology;
  return { emulator_threads_policy: emulatorThreadsPolicy, cells: cells.map(placedCell) };
}

function placedCell(cell: InstanceNumaCell) {
  return {
    id: cell.id,
    cpuset: cell.cpuset,
    pcpuset: cell.pcpuset,
    memory: cell.memory,
    pagesize: cell.pagesize,
    cpu_policy: cell.cpuPolicy,
    cpu_thread_policy: cell.cpuThreadPolicy,
    cpu_pinning: cell.cpuPinning,
    cpuset_reserved: cell.cpusetReserved,
  };
}

function usage(after: unknown) {
  return (after as readonly HostCell[]).map(({ id, pinnedCpus, floatingVcpus, usedMemoryMiB, pages }) => ({
    id,
    pinnedCpus: pinnedCpus.toSorted((a, b) => a - b),
    floatingVcpus,
    usedMemoryMiB,
    pages: pages.map(({ used }) => used),
  }));
}

/** With missing as null and keys in order, so that two values can be compared as text. */
function plain(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner)
            .filter(([, one]) => one !== undefined && one !== null)
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : inner,
  );
}

test('fitInstanceToHost answers at once for many cells that have no room', () => {
  const cell = (id: number): HostCell => ({
    id,
    sharedCpus: [id],
    dedicatedCpus: [],
    pinnedCpus: [],
    siblings: [[id]],
    floatingVcpus: 0,
    memoryMiB: id === 0 ? 100 : 1000,
    usedMemoryMiB: 0,
    pages: [],
  });
  const host = Array.from({ length: 24 }, (_, id) => cell(id));
  const cells = host.map(({ id }) => ({ cpuset: [id], pcpuset: [], memoryMiB: 200 }));
  expect(fitInstanceToHost({ host, instance: { cells } })).toBeUndefined();
  expect(fitInstanceToHost({ host, instance: { cells: cells.slice(1) } })?.cells.map(({ id }) => id)).toHaveLength(23);
});

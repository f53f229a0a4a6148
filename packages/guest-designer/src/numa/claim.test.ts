import type { InstanceNumaTopology } from '@spawnkit/instance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimCells, releaseCells } from './claim.ts';
import { fitInstanceToHost } from './fit-instance.ts';
import { type HostCell, hostCellsOf } from './host-cell.ts';
import type { WishedNumaTopology } from './topology-wish.ts';

/** A host with so many cells, cores and threads, and any of its CPUs shared or dedicated. */
const hosts = fc
  .record({
    cells: fc.integer({ min: 1, max: 3 }),
    cores: fc.integer({ min: 1, max: 4 }),
    threads: fc.integer({ min: 1, max: 2 }),
    dedicated: fc.option(fc.uniqueArray(fc.nat({ max: 23 })), { nil: undefined }),
  })
  .map(({ cells, cores, threads, dedicated }) => {
    const core = (index: number) => Array.from({ length: threads }, (_, thread) => index * threads + thread);
    const numaCells = Array.from({ length: cells }, (_, id) => {
      const siblings = Array.from({ length: cores }, (__, index) => core(id * cores + index));
      const pages = [
        { sizeKiB: 4, total: 2 ** 18 },
        { sizeKiB: 2048, total: 512 },
      ];
      return { id, cpus: siblings.flat(), pageSizesKiB: [4, 2048], memoryMiB: 2048, pages, siblings };
    });
    const onlineCpus = numaCells.flatMap(({ cpus }) => cpus);
    const cpuSharedSet = dedicated && onlineCpus.filter((cpu) => !dedicated.includes(cpu));
    return hostCellsOf({ numaCells, onlineCpus }, { cpuSharedSet, cpuDedicatedSet: dedicated });
  });

const wishes: fc.Arbitrary<WishedNumaTopology> = fc
  .record({
    sizes: fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 3 })), { minLength: 1, maxLength: 3 }),
    cpuPolicy: fc.constantFrom('shared' as const, 'dedicated' as const, 'mixed' as const),
    cpuThreadPolicy: fc.constantFrom(undefined, 'prefer' as const, 'isolate' as const, 'require' as const),
    emulatorThreadsPolicy: fc.constantFrom(undefined, 'share' as const, 'isolate' as const),
    pageSize: fc.constantFrom(undefined, 'large' as const, 'any' as const, 2048),
    memoryMiB: fc.constantFrom(2, 256, 700),
  })
  .map(({ sizes, emulatorThreadsPolicy, memoryMiB, ...cell }) => {
    const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
    const cells = sizes.map(([floating, pinned], index) => ({
      ...cell,
      memoryMiB,
      cpuset: cell.cpuPolicy === 'dedicated' ? [] : range(index * 10, floating),
      pcpuset: cell.cpuPolicy === 'shared' ? [] : range(index * 10 + floating, pinned),
    }));
    return { emulatorThreadsPolicy, cells };
  });

test('instances never share a dedicated CPU, isolated ones no core, and huge pages are never promised twice', () => {
  let placed = 0;
  fc.assert(
    fc.property(hosts, fc.array(wishes, { minLength: 1, maxLength: 8 }), (empty, all) => {
      let host = empty;
      const instances: InstanceNumaTopology[] = [];
      for (const instance of all) {
        const fit = fitInstanceToHost({ host, instance });
        if (!fit) continue;
        host = claimCells(host, fit);
        instances.push(fit);
        placed++;
      }
      const taken = instances.flatMap(cpusOf);
      expect(new Set(taken).size).toBe(taken.length);
      expect(empty.flatMap(({ dedicatedCpus }) => dedicatedCpus)).toEqual(expect.arrayContaining(taken));
      for (const one of instances) checkIsolation(one, instances, empty);
      for (const { pages } of host)
        for (const { sizeKiB, used, total } of pages) if (sizeKiB > 4) expect(used <= total).toBe(true);
      const released = instances.reduce((before, one) => releaseCells(before, one), host);
      expect(released).toEqual(empty);
    }),
    { numRuns: 300 },
  );
  expect(placed).toBeGreaterThan(300);
});

function cpusOf({ cells }: InstanceNumaTopology): readonly number[] {
  return cells.flatMap(({ cpuPinning = {}, cpusetReserved = [] }) => [...Object.values(cpuPinning), ...cpusetReserved]);
}

/** Nobody else on the cores of an isolated instance, and itself there once. */
function checkIsolation(
  one: InstanceNumaTopology,
  all: readonly InstanceNumaTopology[],
  host: readonly HostCell[],
): void {
  if (one.cells[0]?.cpuThreadPolicy !== 'isolate') return;
  const everybody = all.flatMap(cpusOf);
  for (const core of host.flatMap(({ siblings }) => siblings)) {
    const own = core.filter((cpu) => cpusOf(one).includes(cpu));
    if (own.length > 0) expect(core.filter((cpu) => everybody.includes(cpu))).toEqual(own.slice(0, 1));
  }
}

test('claimCells refuses a CPU that another instance has', () => {
  const [cell] = hostCellsOf(
    { numaCells: [{ id: 0, cpus: [0, 1], pageSizesKiB: [], memoryMiB: 512 }], onlineCpus: [0, 1] },
    {},
  );
  const fit = { cells: [{ id: 0, cpuset: [], pcpuset: [0], memory: 1, cpuPinning: { '0': 1 } }] };
  const host = claimCells(cell ? [cell] : [], fit);
  expect(host[0]).toMatchObject({ pinnedCpus: [1], usedMemoryMiB: 1 });
  expect(() => claimCells(host, fit)).toThrow(expect.objectContaining({ code: 'HOST_CPUS_INVALID' }));
});

import { fitInstanceToHost, hostCellsOf, numaTopologyOf } from '@spawnkit/guest-designer';
import { parseInstance, readImageProperties } from '@spawnkit/instance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HeldClaim } from './claim.ts';
import { type Occupancy, occupiedCells } from './occupied-cells.ts';
import { withoutOwn } from './without-own.ts';

const cpus = [0, 1, 2, 3, 4, 5, 6, 7];
const host = {
  onlineCpus: cpus,
  numaCells: [
    {
      id: 0,
      cpus,
      pageSizesKiB: [4, 2048],
      memoryMiB: 4096,
      pages: [
        { sizeKiB: 4, total: 524_288 },
        { sizeKiB: 2048, total: 1024 },
      ],
    },
  ],
};
const empty = hostCellsOf(host, {});
const nothing: Occupancy = { held: [], live: [], freePages: [] };

function wish(vcpus: number, extraSpecs: Readonly<Record<string, string>>) {
  const flavor = { name: 'f', vcpus, memoryMb: 512, rootGb: 0, ephemeralGb: 0, swap: 0, extraSpecs };
  const instance = parseInstance({ id: 1, uuid: '3b2f7d6e-0d6e-4c53-9f6a-0f6f5c2b1a11', ...flavor, flavor });
  const wished = numaTopologyOf(instance.flavor, readImageProperties({ properties: {} }));
  if (!wished) throw new Error('the flavor of this test wishes no topology');
  return wished;
}

const dedicated: Readonly<Record<string, string>> = { 'hw:cpu_policy': 'dedicated' };

function place(vcpus: number, occupancy: Occupancy, extraSpecs = dedicated) {
  return fitInstanceToHost({ host: occupiedCells(empty, occupancy), instance: wish(vcpus, extraSpecs) });
}

function cpusOf(claim: Pick<HeldClaim, 'numaTopology'> | undefined): readonly number[] {
  return (claim?.numaTopology?.cells ?? []).flatMap(({ cpuPinning = {} }) => Object.values(cpuPinning));
}

test('one instance after the other gets CPUs that nobody has, until there are none', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 }), (sizes) => {
      const held: HeldClaim[] = [];
      for (const [index, vcpus] of sizes.entries()) {
        const before = held.flatMap(cpusOf);
        const numaTopology = place(vcpus, { ...nothing, held });
        expect(numaTopology !== undefined).toBe(cpus.length - before.length >= vcpus);
        if (numaTopology) held.push({ uuid: String(index), pciAddresses: [], numaTopology });
      }
      const all = held.flatMap(cpusOf);
      expect(new Set(all).size).toBe(all.length);
    }),
  );
});

test('a CPU that a stranger’s thread is bound to is not given away', () => {
  const live = [{ uuid: 'stranger', pinnedCpus: [0, 3], pciAddresses: [] }];
  expect(cpusOf({ numaTopology: place(6, { ...nothing, live }) })).not.toContain(0);
  expect(place(7, { ...nothing, live })).toBeUndefined();
});

test('pages are taken by who holds them, whether he runs or not, and by strangers', () => {
  const huge = { 'hw:mem_page_size': '2048' };
  const numaTopology = place(1, nothing, huge);
  expect(numaTopology?.cells[0]).toMatchObject({ pagesize: 2048, memory: 512 });
  const held: HeldClaim[] = [{ uuid: 'ours', pciAddresses: [], numaTopology }];
  const used = (occupancy: Partial<Occupancy>) =>
    occupiedCells(empty, { ...nothing, held, ...occupancy })[0]?.pages.find(({ sizeKiB }) => sizeKiB === 2048)?.used;
  const left = (count: number) => [{ cell: 0, sizeKiB: 2048, count }];
  const live = [{ uuid: 'ours', pinnedCpus: [], pciAddresses: [] }];
  // Stopped: the kernel has all 1024 pages, and 256 are promised.
  expect(used({ freePages: left(1024) })).toBe(256);
  expect(used({ freePages: left(768), live })).toBe(256);
  expect(used({ freePages: left(700), live })).toBe(324);
  expect(used({ freePages: left(700) })).toBe(580);
});

test('an instance that is planned anew finds the place that it has, and so do its pages', () => {
  const extraSpecs = { ...dedicated, 'hw:mem_page_size': '2048' };
  const held = [{ uuid: 'own', pciAddresses: [], numaTopology: place(8, nothing, extraSpecs) }];
  const live = [{ uuid: 'own', pinnedCpus: cpus, pciAddresses: [] }];
  const taken: Occupancy = { held, live, freePages: [{ cell: 0, sizeKiB: 2048, count: 1024 - 256 }] };
  expect(place(8, taken, extraSpecs)).toBeUndefined();
  expect(place(8, withoutOwn(taken, 'own'), extraSpecs)).toEqual(held[0]?.numaTopology);
  expect(withoutOwn(taken, 'own').freePages).toEqual([{ cell: 0, sizeKiB: 2048, count: 1024 }]);
  expect(withoutOwn(taken, 'other')).toEqual(taken);
});

import { acquireLock, type Rollback } from '@spawnkit/effects';
import { fitInstanceToHost, hostCellsOf, numaTopologyOf, type WishedNumaTopology } from '@spawnkit/guest-designer';
import { type InstanceNumaTopology, readImageProperties } from '@spawnkit/instance';
import type { Connection } from '@spawnkit/libvirt';
import { act } from '../spawn/acts.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { SpawnerFacts } from '../host-facts.ts';
import type { SpawnRequest } from '../request/request.ts';
import { type Claim, heldClaims } from './claim.ts';
import { readFreePages } from './free-pages.ts';
import { liveDomains } from './live-domain.ts';
import { occupiedCells, type Occupancy } from './occupied-cells.ts';
import { withoutOwn } from './without-own.ts';

/** What a place is looked for with. */
export interface ClaimContext {
  readonly conn: Connection;
  readonly facts: SpawnerFacts;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives the instance host cells, dedicated CPUs, pages and PCI devices of its own, when flavor or image ask for some, and
 * writes that into its journal, from where nobody else takes them. Looking and writing happen under one lock of the host, so
 * that two spawns never choose the same. Answers the request with what was decided. Throws {@link SpawnerError}
 * `NO_CAPACITY`, and `DesignerError` for wishes that contradict each other.
 */
export async function claimResources(
  host: Host,
  request: SpawnRequest,
  rollback: Rollback,
  context: ClaimContext,
): Promise<SpawnRequest> {
  if (!asksForResources(request)) return request;
  const { signal } = context;
  await using _lock = await acquireLock({ directory: host.paths.locks, name: 'claims', signal });
  const claim = await findPlace(host, request, context);
  await act(rollback, 'claim', claim, async () => {});
  return withClaim(request, claim);
}

/** The request as {@link claimResources} would answer it now; nothing is claimed. */
export async function planResources(host: Host, request: SpawnRequest, context: ClaimContext): Promise<SpawnRequest> {
  return asksForResources(request) ? withClaim(request, await findPlace(host, request, context)) : request;
}

function asksForResources(request: SpawnRequest): boolean {
  return wishedTopology(request) !== undefined || request.instance.pciDevices.length > 0;
}

function wishedTopology({ instance, imageMeta }: SpawnRequest): WishedNumaTopology | undefined {
  return numaTopologyOf(instance.flavor, readImageProperties(imageMeta));
}

function withClaim(request: SpawnRequest, { numaTopology }: Claim): SpawnRequest {
  return numaTopology ? { ...request, instance: { ...request.instance, numaTopology } } : request;
}

async function findPlace(host: Host, request: SpawnRequest, { conn, facts, signal }: ClaimContext): Promise<Claim> {
  const [held, live, freePages] = await Promise.all([
    heldClaims(host),
    liveDomains(conn, { signal }),
    readFreePages(conn, facts.numaCells ?? [], { signal }),
  ]);
  // One that is there already, and is planned anew, does not stand in its own way.
  const occupancy = withoutOwn({ held, live, freePages }, request.instance.uuid);
  const wished = wishedTopology(request);
  return {
    pciAddresses: freeDevices(request, occupancy),
    ...(wished && { numaTopology: fit(host, request, { wished, facts, occupancy }) }),
  };
}

interface Fitting {
  readonly wished: WishedNumaTopology;
  readonly facts: SpawnerFacts;
  readonly occupancy: Occupancy;
}

function fit({ settings }: Host, { name }: SpawnRequest, { wished, facts, occupancy }: Fitting): InstanceNumaTopology {
  const cells = occupiedCells(hostCellsOf(facts, settings), occupancy);
  const found = fitInstanceToHost({ host: cells, instance: wished });
  if (found) return found;
  const free = cells.map(({ id, dedicatedCpus, pinnedCpus, pages }) => ({
    cell: id,
    cpus: dedicatedCpus.filter((cpu) => !pinnedCpus.includes(cpu)),
    pages: pages
      .filter(({ total }) => total > 0)
      .map(({ sizeKiB, total, used }) => ({ sizeKiB, free: Math.max(0, total - used) })),
  }));
  throw new SpawnerError(
    'NO_CAPACITY',
    `The host has no room for the NUMA topology of "${name}" (${wished.cells.map(wishText).join('; ')}); ${free.map(freeText).join('; ') || 'it has no NUMA cells'}`,
    {
      fix: 'Delete an instance that holds CPUs or pages, ask for less, or give guests more with cpuDedicatedSet or vm.nr_hugepages.',
      context: { free },
    },
  );
}

function wishText({ cpuset, pcpuset, memoryMiB, pageSize }: WishedNumaTopology['cells'][number]): string {
  const cpus = [
    ...(pcpuset.length > 0 ? [`dedicated vCPUs: ${pcpuset.length}`] : []),
    ...(cpuset.length > 0 ? [`floating vCPUs: ${cpuset.length}`] : []),
  ];
  const pages =
    pageSize === undefined ? '' : ` in ${typeof pageSize === 'number' ? `${pageSize} KiB` : pageSize} pages`;
  return `${cpus.join(', ')}, ${memoryMiB} MiB${pages}`;
}

interface FreeOfCell {
  readonly cell: number;
  readonly cpus: readonly number[];
  readonly pages: readonly { readonly sizeKiB: number; readonly free: number }[];
}

function freeText({ cell, cpus, pages }: FreeOfCell): string {
  const [, ...huge] = pages.toSorted((a, b) => a.sizeKiB - b.sizeKiB);
  const text = huge.map(({ sizeKiB, free }) => `, ${free} free pages of ${sizeKiB} KiB`).join('');
  return `cell ${cell} has ${cpus.length === 0 ? 'no free CPU' : `the free CPUs ${cpus.join(',')}`}${text}`;
}

/** The devices that the request names; each may be had once. */
function freeDevices({ name, instance }: SpawnRequest, { held, live }: Occupancy): readonly string[] {
  const wanted = instance.pciDevices.map(({ address }) => address.toLowerCase());
  const holders = [...held, ...live];
  for (const address of wanted) {
    const holder = holders.find(({ pciAddresses }) => pciAddresses.includes(address));
    if (!holder) continue;
    throw new SpawnerError(
      'NO_CAPACITY',
      `The PCI device ${address} for "${name}" belongs to the instance ${holder.uuid}`,
      { fix: 'Name another device, or delete that instance.', context: { address, holder: holder.uuid } },
    );
  }
  return wanted;
}

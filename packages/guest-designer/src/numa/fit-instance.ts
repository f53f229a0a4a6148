import type { InstanceNumaCell, InstanceNumaTopology } from '@spawnkit/instance';
import { fitCell, type FitLimits } from './fit-cell.ts';
import { freeCpus, freeMemoryMiB, type HostCell } from './host-cell.ts';
import { firstMatching } from './matching.ts';
import type { WishedNumaTopology } from './topology-wish.ts';

/** What {@link fitInstanceToHost} decides upon. */
export interface FitRequest {
  /** The host's cells with what the instances there have taken: {@link hostCellsOf}, then {@link claimCells} for each. */
  readonly host: readonly HostCell[];
  /** What {@link numaTopologyOf} answers. */
  readonly instance: WishedNumaTopology;
  readonly limits?: FitLimits | undefined;
  /** Nova's `packing_host_numa_cells_allocation_strategy`: fills cells up, instead of taking the emptiest first. */
  readonly packing?: boolean | undefined;
}

/**
 * Places each cell of an instance on a host cell of its own, and each dedicated vCPU on a host CPU of its own; undefined
 * when the host has no room. The answer is what an `Instance` has as `numaTopology`. Follows Nova's
 * `numa_fit_instance_to_host`, but judges every pair of cells afresh, where Nova keeps what an earlier attempt has left.
 */
export function fitInstanceToHost(request: FitRequest): InstanceNumaTopology | undefined {
  const { emulatorThreadsPolicy, cells: guests } = request.instance;
  const hosts = orderedCells(request);
  const table = guests.map((_, guest) => hosts.map((host) => onHost(request, guest, host)));
  const cellOn = (guest: number, host: number) => table[guest]?.[host];
  const fits = (guest: number, host: number) => cellOn(guest, host) !== undefined;
  const places = firstMatching({ guests: guests.length, places: hosts.length, fits });
  const cells = places?.map((host, guest) => cellOn(guest, host)).filter((cell) => cell !== undefined);
  return cells && { emulatorThreadsPolicy, cells };
}

/** One guest cell on one host cell. The emulator's CPU comes from where the first guest cell lies. */
function onHost({ instance, limits }: FitRequest, guest: number, host: HostCell): InstanceNumaCell | undefined {
  const cell = instance.cells[guest];
  const reserve = instance.emulatorThreadsPolicy === 'isolate' && guest === 0 ? 1 : 0;
  return cell && fitCell(host, cell, { limits, reserve });
}

/** Emptier cells first, unless all are needed: by free CPUs of the kind wanted, then by free memory. */
function orderedCells({ host, instance, packing = false }: FitRequest): readonly HostCell[] {
  if (host.length <= instance.cells.length) return host;
  const sign = packing ? -1 : 1;
  const policy = instance.cells[0]?.cpuPolicy ?? 'shared';
  const load = (cell: HostCell) => (policy === 'shared' ? cell.floatingVcpus : -freeCpus(cell).length);
  return host.toSorted((a, b) => sign * (load(a) - load(b)) || sign * (freeMemoryMiB(b) - freeMemoryMiB(a)));
}

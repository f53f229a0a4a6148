import { DomainMemoryStatTags, type DomainState } from '../generated/enums.gen.ts';
import type { RemoteDomainGetBlockInfoRet } from '../generated/types.gen.ts';
import { stateName } from './domain-state.ts';
import { nameOf } from './names.ts';

/** What virDomainGetInfo tells. */
export interface DomainInfo {
  readonly state: keyof typeof DomainState;
  readonly maxMemoryKiB: bigint;
  readonly memoryKiB: bigint;
  readonly vcpus: number;
  readonly cpuTimeNs: bigint;
}

/**
 * Sizes of a disk in bytes (virDomainGetBlockInfo): as the guest sees it, as allocated on the host, and of its
 * container.
 */
export interface BlockInfo {
  readonly capacityBytes: bigint;
  readonly allocationBytes: bigint;
  readonly physicalBytes: bigint;
}

/**
 * The balloon's statistics by libvirt's names (virDomainMemoryStatTags), mostly KiB; the guest decides which there are.
 */
export type MemoryStats = { readonly [Tag in keyof typeof DomainMemoryStatTags]?: bigint };

interface InfoReply {
  readonly state: number;
  readonly maxMem: bigint;
  readonly memory: bigint;
  readonly nrVirtCpu: number;
  readonly cpuTime: bigint;
}

export function domainInfo({ state, maxMem, memory, nrVirtCpu, cpuTime }: InfoReply): DomainInfo {
  return { state: stateName(state), maxMemoryKiB: maxMem, memoryKiB: memory, vcpus: nrVirtCpu, cpuTimeNs: cpuTime };
}

export function blockInfo({ capacity, allocation, physical }: RemoteDomainGetBlockInfoRet): BlockInfo {
  return { capacityBytes: capacity, allocationBytes: allocation, physicalBytes: physical };
}

export function memoryStats(stats: readonly { readonly tag: number; readonly val: bigint }[]): MemoryStats {
  return Object.fromEntries(stats.map(({ tag, val }) => [nameOf(DomainMemoryStatTags, tag), val]));
}

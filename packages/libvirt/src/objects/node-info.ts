import type { RemoteNodeGetInfoRet } from '../generated/types.gen.ts';

/** What virNodeGetInfo tells of the host. */
export interface NodeInfo {
  /** The CPU model: an architecture, mostly. */
  readonly model: string;
  readonly memoryKiB: bigint;
  /** Active CPUs. */
  readonly cpus: number;
  readonly mhz: number;
  readonly numaNodes: number;
  /** Per NUMA node. */
  readonly sockets: number;
  /** Per socket. */
  readonly cores: number;
  /** Per core. */
  readonly threads: number;
}

export function nodeInfo({ model, memory, nodes, cpus, mhz, sockets, cores, threads }: RemoteNodeGetInfoRet): NodeInfo {
  return { model: text(model), memoryKiB: memory, cpus, mhz, numaNodes: nodes, sockets, cores, threads };
}

/** A C string in an array of characters. */
function text(chars: Int8Array): string {
  const end = chars.indexOf(0);
  return Buffer.from(chars.subarray(0, end < 0 ? chars.length : end)).toString('utf8');
}

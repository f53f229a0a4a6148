import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  DomainBlockResizeFlags,
  DomainMemoryModFlags,
  DomainModificationImpact,
  DomainVcpuFlags,
  VcpuState,
} from '../generated/enums.gen.ts';
import {
  domainBlockResize,
  domainGetMaxMemory,
  domainGetVcpus,
  domainGetVcpusFlags,
  domainPinEmulator,
  domainPinVcpuFlags,
  domainSetMemoryFlags,
  domainSetMemoryStatsPeriod,
  domainSetVcpusFlags,
} from '../generated/procedures.gen.ts';
import { cpuMap, cpusOf } from './cpu-map.ts';
import type { DomainHandle } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { type NameOf, nameOf } from './names.ts';

/** A virtual CPU of a running domain. */
export interface Vcpu {
  readonly number: number;
  readonly state: NameOf<typeof VcpuState>;
  readonly cpuTimeNs: bigint;
  /** Where it runs now; undefined when it runs nowhere or the driver does not know. */
  readonly cpu: number | undefined;
  /** Where it may run. */
  readonly affinity: readonly number[];
}

/** Host CPUs that a domain's affinity can name; the calls want a limit. */
const HOST_CPUS = 4096;

/** Memory, CPUs and disks of one domain. Without flags a change is for whichever applies, the running domain or its definition. */
export class DomainResources {
  readonly #client: RpcClient;
  readonly #dom: DomainHandle;

  /** It is `domain.resources`. */
  constructor(client: RpcClient, dom: DomainHandle) {
    this.#client = client;
    this.#dom = dom;
  }

  async maxMemoryKiB({ signal }: CallOptions = {}): Promise<bigint> {
    return (await this.#client.call(domainGetMaxMemory, { dom: this.#dom }, { signal })).memory;
  }

  /** What the balloon leaves to the guest; with `MAXIMUM` what it may have at most. */
  async setMemory(memoryKiB: bigint, { flags, signal }: FlagOptions<typeof DomainMemoryModFlags> = {}): Promise<void> {
    const args = { dom: this.#dom, memory: memoryKiB, flags: flagBits(DomainMemoryModFlags, flags) };
    await this.#client.call(domainSetMemoryFlags, args, { signal });
  }

  /** How often the balloon reports statistics; 0 turns that off. */
  async setMemoryStatsPeriod(
    periodSeconds: number,
    { flags, signal }: FlagOptions<typeof DomainMemoryModFlags> = {},
  ): Promise<void> {
    const args = { dom: this.#dom, period: periodSeconds, flags: flagBits(DomainMemoryModFlags, flags) };
    await this.#client.call(domainSetMemoryStatsPeriod, args, { signal });
  }

  async vcpuCount({ flags, signal }: FlagOptions<typeof DomainVcpuFlags> = {}): Promise<number> {
    const args = { dom: this.#dom, flags: flagBits(DomainVcpuFlags, flags) };
    return (await this.#client.call(domainGetVcpusFlags, args, { signal })).num;
  }

  /** How many the guest has; with `MAXIMUM` how many it may have at most. */
  async setVcpuCount(count: number, { flags, signal }: FlagOptions<typeof DomainVcpuFlags> = {}): Promise<void> {
    const args = { dom: this.#dom, nvcpus: count, flags: flagBits(DomainVcpuFlags, flags) };
    await this.#client.call(domainSetVcpusFlags, args, { signal });
  }

  /** Throws `OPERATION_INVALID` unless the domain runs. */
  async vcpus({ signal }: CallOptions = {}): Promise<Vcpu[]> {
    const maxinfo = await this.vcpuCount({ flags: ['LIVE'], signal });
    const maplen = HOST_CPUS / 8;
    const { info, cpumaps } = await this.#client.call(domainGetVcpus, { dom: this.#dom, maxinfo, maplen }, { signal });
    return info.map(({ number, state, cpuTime, cpu }, index) => ({
      number,
      state: nameOf(VcpuState, state),
      cpuTimeNs: cpuTime,
      cpu: cpu < 0 ? undefined : cpu,
      affinity: cpusOf(cpumaps.subarray(index * maplen, (index + 1) * maplen)),
    }));
  }

  /** Lets a virtual CPU run on these host CPUs only. */
  async pinVcpu(
    vcpu: number,
    cpus: readonly number[],
    { flags = ['CURRENT'], signal }: FlagOptions<typeof DomainModificationImpact> = {},
  ): Promise<void> {
    const bits = flagBits(DomainModificationImpact, flags);
    await this.#client.call(
      domainPinVcpuFlags,
      { dom: this.#dom, vcpu, cpumap: cpuMap(cpus), flags: bits },
      { signal },
    );
  }

  /** As `pinVcpu`, for everything of the hypervisor that is no virtual CPU. */
  async pinEmulator(
    cpus: readonly number[],
    { flags = ['CURRENT'], signal }: FlagOptions<typeof DomainModificationImpact> = {},
  ): Promise<void> {
    const args = { dom: this.#dom, cpumap: cpuMap(cpus), flags: flagBits(DomainModificationImpact, flags) };
    await this.#client.call(domainPinEmulator, args, { signal });
  }

  /** Changes what the guest sees of a disk, named by its target (`vda`) or source. */
  async resizeDisk(disk: string, capacityBytes: bigint, { signal }: CallOptions = {}): Promise<void> {
    const flags = DomainBlockResizeFlags.BYTES;
    await this.#client.call(domainBlockResize, { dom: this.#dom, disk, size: capacityBytes, flags }, { signal });
  }
}

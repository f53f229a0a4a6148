import type { Procedure } from '../client/procedure.ts';
import type { RpcClient } from '../client/rpc-client.ts';
import { DomainModificationImpact } from '../generated/enums.gen.ts';
import {
  domainGetBlkioParameters,
  domainGetBlockIoTune,
  domainGetInterfaceParameters,
  domainGetMemoryParameters,
  domainGetNumaParameters,
  domainGetSchedulerParametersFlags,
  domainGetSchedulerType,
  domainSetBlkioParameters,
  domainSetBlockIoTune,
  domainSetInterfaceParameters,
  domainSetMemoryParameters,
  domainSetNumaParameters,
  domainSetSchedulerParametersFlags,
} from '../generated/procedures.gen.ts';
import type { RemoteTypedParam } from '../generated/types.gen.ts';
import type { DomainHandle } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { type SettableParams, type TypedParams, typedParamList, typedParams } from './typed-params.ts';

/** For the running domain (`LIVE`), its definition (`CONFIG`), or whichever applies. */
export type TuningOptions = FlagOptions<typeof DomainModificationImpact>;

/** libvirt's older calls tell first how many parameters there are. */
type Counted<Args> = Procedure<
  Args & { readonly nparams: number },
  { readonly params: readonly RemoteTypedParam[]; readonly nparams: number }
>;

interface BlockTarget {
  readonly dom: DomainHandle;
  readonly disk?: string | undefined;
  readonly flags: number;
}

/** Limits and shares of one domain, as libvirt's typed parameters: `{ cpu_shares: 512n }`. */
export class DomainTuning {
  readonly #client: RpcClient;
  readonly #dom: DomainHandle;

  /** It is `domain.tuning`. */
  constructor(client: RpcClient, dom: DomainHandle) {
    this.#client = client;
    this.#dom = dom;
  }

  async scheduler(options: TuningOptions = {}): Promise<TypedParams> {
    const { signal } = options;
    const { nparams } = await this.#client.call(domainGetSchedulerType, { dom: this.#dom }, { signal });
    const args = { ...this.#target(options), nparams };
    return typedParams((await this.#client.call(domainGetSchedulerParametersFlags, args, { signal })).params);
  }

  async setScheduler(params: SettableParams, options: TuningOptions = {}): Promise<void> {
    await this.#set(domainSetSchedulerParametersFlags, this.#target(options), params, options);
  }

  async memory(options: TuningOptions = {}): Promise<TypedParams> {
    return this.#get(domainGetMemoryParameters, this.#target(options), options);
  }

  async setMemory(params: SettableParams, options: TuningOptions = {}): Promise<void> {
    await this.#set(domainSetMemoryParameters, this.#target(options), params, options);
  }

  async blkio(options: TuningOptions = {}): Promise<TypedParams> {
    return this.#get(domainGetBlkioParameters, this.#target(options), options);
  }

  async setBlkio(params: SettableParams, options: TuningOptions = {}): Promise<void> {
    await this.#set(domainSetBlkioParameters, this.#target(options), params, options);
  }

  async numa(options: TuningOptions = {}): Promise<TypedParams> {
    return this.#get(domainGetNumaParameters, this.#target(options), options);
  }

  async setNuma(params: SettableParams, options: TuningOptions = {}): Promise<void> {
    await this.#set(domainSetNumaParameters, this.#target(options), params, options);
  }

  /** Throttling of a disk, named by its target (`vda`) or source. */
  async blockIo(disk: string, options: TuningOptions = {}): Promise<TypedParams> {
    return this.#get<BlockTarget>(domainGetBlockIoTune, { ...this.#target(options), disk }, options);
  }

  async setBlockIo(disk: string, params: SettableParams, options: TuningOptions = {}): Promise<void> {
    await this.#set(domainSetBlockIoTune, { ...this.#target(options), disk }, params, options);
  }

  /** Bandwidth of an interface, named by its target (`vnet0`) or MAC address. */
  async interface(device: string, options: TuningOptions = {}): Promise<TypedParams> {
    return this.#get(domainGetInterfaceParameters, { ...this.#target(options), device }, options);
  }

  async setInterface(device: string, params: SettableParams, options: TuningOptions = {}): Promise<void> {
    await this.#set(domainSetInterfaceParameters, { ...this.#target(options), device }, params, options);
  }

  #target({ flags }: TuningOptions): { readonly dom: DomainHandle; readonly flags: number } {
    return { dom: this.#dom, flags: flagBits(DomainModificationImpact, flags) };
  }

  async #get<Args>(procedure: Counted<Args>, args: Args, { signal }: TuningOptions): Promise<TypedParams> {
    const { nparams } = await this.#client.call(procedure, { ...args, nparams: 0 }, { signal });
    if (nparams === 0) return typedParams([]);
    return typedParams((await this.#client.call(procedure, { ...args, nparams }, { signal })).params);
  }

  async #set<Args>(
    procedure: Procedure<Args & { readonly params: readonly RemoteTypedParam[] }, undefined>,
    args: Args,
    params: SettableParams,
    { signal }: TuningOptions,
  ): Promise<void> {
    await this.#client.call(procedure, { ...args, params: typedParamList(params) }, { signal });
  }
}

import type { RpcClient } from '../client/rpc-client.ts';
import { DomainAbortJobFlagsValues, DomainGetJobStatsFlags, DomainJobType } from '../generated/enums.gen.ts';
import { domainAbortJob, domainAbortJobFlags, domainGetJobStats } from '../generated/procedures.gen.ts';
import type { DomainHandle } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { type NameOf, nameOf } from './names.ts';
import { type TypedParams, typedParams } from './typed-params.ts';

/** A job of a domain (migration, save, dump, backup) and its statistics: `time_elapsed` in ms, `data_total` in bytes, … */
export interface DomainJobStats {
  /** `NONE`: there is no job. */
  readonly type: NameOf<typeof DomainJobType>;
  readonly params: TypedParams;
}

/** The long work that a domain is in. */
export class DomainJob {
  readonly #client: RpcClient;
  readonly #dom: DomainHandle;

  /** It is `domain.job`. */
  constructor(client: RpcClient, dom: DomainHandle) {
    this.#client = client;
    this.#dom = dom;
  }

  /** With `COMPLETED` of the last job that is over. */
  async stats({ flags, signal }: FlagOptions<typeof DomainGetJobStatsFlags> = {}): Promise<DomainJobStats> {
    const args = { dom: this.#dom, flags: flagBits(DomainGetJobStatsFlags, flags) };
    const { type, params } = await this.#client.call(domainGetJobStats, args, { signal });
    return { type: nameOf(DomainJobType, type), params: typedParams(params) };
  }

  /** Throws `OPERATION_INVALID` when there is no job. */
  async abort({ flags, signal }: FlagOptions<typeof DomainAbortJobFlagsValues> = {}): Promise<void> {
    const bits = flagBits(DomainAbortJobFlagsValues, flags);
    // Older daemons have the call without flags only.
    if (bits === 0) await this.#client.call(domainAbortJob, { dom: this.#dom }, { signal });
    else await this.#client.call(domainAbortJobFlags, { dom: this.#dom, flags: bits }, { signal });
  }
}

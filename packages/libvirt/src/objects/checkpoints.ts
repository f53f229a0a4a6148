import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { DomainCheckpointCreateFlags, DomainCheckpointListFlags } from '../generated/enums.gen.ts';
import {
  domainCheckpointCreateXml,
  domainCheckpointLookupByName,
  domainListAllCheckpoints,
} from '../generated/procedures.gen.ts';
import { DomainCheckpoint } from './checkpoint.ts';
import type { DomainHandle } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';

/** The checkpoints of one domain. Lookups throw `NotFoundError` `NO_DOMAIN_CHECKPOINT`. */
export class DomainCheckpoints {
  readonly #client: RpcClient;
  readonly #dom: DomainHandle;

  /** It is `domain.checkpoints`. */
  constructor(client: RpcClient, dom: DomainHandle) {
    this.#client = client;
    this.#dom = dom;
  }

  /** Makes one; `<domaincheckpoint/>` is enough of a description. */
  async create(
    xml = '<domaincheckpoint/>',
    { flags, signal }: FlagOptions<typeof DomainCheckpointCreateFlags> = {},
  ): Promise<DomainCheckpoint> {
    const args = { dom: this.#dom, xmlDesc: xml, flags: flagBits(DomainCheckpointCreateFlags, flags) };
    const { checkpoint } = await this.#client.call(domainCheckpointCreateXml, args, { signal });
    return new DomainCheckpoint(this.#client, checkpoint);
  }

  async byName(name: string, { signal }: CallOptions = {}): Promise<DomainCheckpoint> {
    const args = { dom: this.#dom, name, flags: 0 };
    const { checkpoint } = await this.#client.call(domainCheckpointLookupByName, args, { signal });
    return new DomainCheckpoint(this.#client, checkpoint);
  }

  /** All, or those of every group of flags that is given. */
  async list({ flags, signal }: FlagOptions<typeof DomainCheckpointListFlags> = {}): Promise<DomainCheckpoint[]> {
    const args = { dom: this.#dom, needResults: 1, flags: flagBits(DomainCheckpointListFlags, flags) };
    const { checkpoints } = await this.#client.call(domainListAllCheckpoints, args, { signal });
    return checkpoints.map((checkpoint) => new DomainCheckpoint(this.#client, checkpoint));
  }
}

import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  DomainCheckpointDeleteFlags,
  DomainCheckpointListFlags,
  DomainCheckpointXMLFlags,
} from '../generated/enums.gen.ts';
import {
  domainCheckpointDelete,
  domainCheckpointGetParent,
  domainCheckpointGetXmlDesc,
  domainCheckpointListAllChildren,
} from '../generated/procedures.gen.ts';
import type { RemoteNonnullDomainCheckpoint } from '../generated/types.gen.ts';
import { NotFoundError } from '../errors.ts';
import { type DomainRef, domainRef } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';

/** A point from which on a domain's disks remember what changes; only a name for it, as a `Domain` is. */
export class DomainCheckpoint {
  readonly name: string;
  readonly domain: DomainRef;
  /** The checkpoint as an argument of the calls of `@spawnkit/libvirt/rpc`. */
  readonly ref: RemoteNonnullDomainCheckpoint;
  readonly #client: RpcClient;

  /** Checkpoints come from `domain.checkpoints`. */
  constructor(client: RpcClient, ref: RemoteNonnullDomainCheckpoint) {
    this.#client = client;
    this.ref = ref;
    this.name = ref.name;
    this.domain = domainRef(ref.dom);
  }

  async xml({ flags, signal }: FlagOptions<typeof DomainCheckpointXMLFlags> = {}): Promise<string> {
    const args = { checkpoint: this.ref, flags: flagBits(DomainCheckpointXMLFlags, flags) };
    return (await this.#client.call(domainCheckpointGetXmlDesc, args, { signal })).xml;
  }

  /** Forgets it; what has changed since is then counted from its parent. */
  async delete({ flags, signal }: FlagOptions<typeof DomainCheckpointDeleteFlags> = {}): Promise<void> {
    const args = { checkpoint: this.ref, flags: flagBits(DomainCheckpointDeleteFlags, flags) };
    await this.#client.call(domainCheckpointDelete, args, { signal });
  }

  /** The one before it; undefined for a root. */
  async parent({ signal }: CallOptions = {}): Promise<DomainCheckpoint | undefined> {
    try {
      const args = { checkpoint: this.ref, flags: 0 };
      const { parent } = await this.#client.call(domainCheckpointGetParent, args, { signal });
      return new DomainCheckpoint(this.#client, parent);
    } catch (error) {
      // That there is no parent and that there is no such checkpoint is one error of libvirt; the latter has no XML either.
      if (!(error instanceof NotFoundError)) throw error;
      await this.xml({ signal });
      return undefined;
    }
  }

  /** Its children, or with `DESCENDANTS` all that follow from it. */
  async children({ flags, signal }: FlagOptions<typeof DomainCheckpointListFlags> = {}): Promise<DomainCheckpoint[]> {
    const args = { checkpoint: this.ref, needResults: 1, flags: flagBits(DomainCheckpointListFlags, flags) };
    const { checkpoints } = await this.#client.call(domainCheckpointListAllChildren, args, { signal });
    return checkpoints.map((checkpoint) => new DomainCheckpoint(this.#client, checkpoint));
  }
}

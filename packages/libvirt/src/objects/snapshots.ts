import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { DomainSnapshotCreateFlags, DomainSnapshotListFlags } from '../generated/enums.gen.ts';
import {
  domainHasCurrentSnapshot,
  domainListAllSnapshots,
  domainSnapshotCreateXml,
  domainSnapshotCurrent,
  domainSnapshotLookupByName,
} from '../generated/procedures.gen.ts';
import type { DomainHandle } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { DomainSnapshot } from './snapshot.ts';

/** The snapshots of one domain. Lookups throw `NotFoundError` `NO_DOMAIN_SNAPSHOT`. */
export class DomainSnapshots {
  readonly #client: RpcClient;
  readonly #dom: DomainHandle;

  /** It is `domain.snapshots`. */
  constructor(client: RpcClient, dom: DomainHandle) {
    this.#client = client;
    this.#dom = dom;
  }

  /** Takes one; `<domainsnapshot/>` is enough of a description. */
  async create(
    xml = '<domainsnapshot/>',
    { flags, signal }: FlagOptions<typeof DomainSnapshotCreateFlags> = {},
  ): Promise<DomainSnapshot> {
    const args = { dom: this.#dom, xmlDesc: xml, flags: flagBits(DomainSnapshotCreateFlags, flags) };
    const { snap } = await this.#client.call(domainSnapshotCreateXml, args, { signal });
    return new DomainSnapshot(this.#client, snap);
  }

  async byName(name: string, { signal }: CallOptions = {}): Promise<DomainSnapshot> {
    const args = { dom: this.#dom, name, flags: 0 };
    const { snap } = await this.#client.call(domainSnapshotLookupByName, args, { signal });
    return new DomainSnapshot(this.#client, snap);
  }

  /** The one that the domain goes back to by default; undefined when there is none. */
  async current({ signal }: CallOptions = {}): Promise<DomainSnapshot | undefined> {
    const args = { dom: this.#dom, flags: 0 };
    if ((await this.#client.call(domainHasCurrentSnapshot, args, { signal })).result === 0) return undefined;
    const { snap } = await this.#client.call(domainSnapshotCurrent, args, { signal });
    return new DomainSnapshot(this.#client, snap);
  }

  /** All, or those of every group of flags that is given: `['ROOTS']`, `['LEAVES', 'EXTERNAL']`. */
  async list({ flags, signal }: FlagOptions<typeof DomainSnapshotListFlags> = {}): Promise<DomainSnapshot[]> {
    const args = { dom: this.#dom, needResults: 1, flags: flagBits(DomainSnapshotListFlags, flags) };
    const { snapshots } = await this.#client.call(domainListAllSnapshots, args, { signal });
    return snapshots.map((snap) => new DomainSnapshot(this.#client, snap));
  }
}

import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  DomainSnapshotDeleteFlags,
  DomainSnapshotListFlags,
  DomainSnapshotRevertFlags,
  DomainSnapshotXMLFlags,
} from '../generated/enums.gen.ts';
import {
  domainRevertToSnapshot,
  domainSnapshotDelete,
  domainSnapshotGetParent,
  domainSnapshotGetXmlDesc,
  domainSnapshotHasMetadata,
  domainSnapshotIsCurrent,
  domainSnapshotListAllChildren,
} from '../generated/procedures.gen.ts';
import type { RemoteNonnullDomainSnapshot } from '../generated/types.gen.ts';
import { NotFoundError } from '../errors.ts';
import { type DomainRef, domainRef } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';

/** A snapshot of a domain; only a name for it, as a `Domain` is. */
export class DomainSnapshot {
  readonly name: string;
  readonly domain: DomainRef;
  /** The snapshot as an argument of the calls of `@spawnkit/libvirt/rpc`. */
  readonly ref: RemoteNonnullDomainSnapshot;
  readonly #client: RpcClient;

  /** Snapshots come from `domain.snapshots`. */
  constructor(client: RpcClient, ref: RemoteNonnullDomainSnapshot) {
    this.#client = client;
    this.ref = ref;
    this.name = ref.name;
    this.domain = domainRef(ref.dom);
  }

  async xml({ flags, signal }: FlagOptions<typeof DomainSnapshotXMLFlags> = {}): Promise<string> {
    const args = { snap: this.ref, flags: flagBits(DomainSnapshotXMLFlags, flags) };
    return (await this.#client.call(domainSnapshotGetXmlDesc, args, { signal })).xml;
  }

  /** Brings the domain back to what it was. */
  async revert({ flags, signal }: FlagOptions<typeof DomainSnapshotRevertFlags> = {}): Promise<void> {
    const args = { snap: this.ref, flags: flagBits(DomainSnapshotRevertFlags, flags) };
    await this.#client.call(domainRevertToSnapshot, args, { signal });
  }

  async delete({ flags, signal }: FlagOptions<typeof DomainSnapshotDeleteFlags> = {}): Promise<void> {
    const args = { snap: this.ref, flags: flagBits(DomainSnapshotDeleteFlags, flags) };
    await this.#client.call(domainSnapshotDelete, args, { signal });
  }

  /** The snapshot that it was taken after; undefined for a root. */
  async parent({ signal }: CallOptions = {}): Promise<DomainSnapshot | undefined> {
    try {
      const { snap } = await this.#client.call(domainSnapshotGetParent, { snap: this.ref, flags: 0 }, { signal });
      return new DomainSnapshot(this.#client, snap);
    } catch (error) {
      // That there is no parent and that there is no such snapshot is one error of libvirt; the latter has no XML either.
      if (!(error instanceof NotFoundError)) throw error;
      await this.xml({ signal });
      return undefined;
    }
  }

  /** Its children, or with `DESCENDANTS` all that follow from it. */
  async children({ flags, signal }: FlagOptions<typeof DomainSnapshotListFlags> = {}): Promise<DomainSnapshot[]> {
    const args = { snapshot: this.ref, needResults: 1, flags: flagBits(DomainSnapshotListFlags, flags) };
    const { snapshots } = await this.#client.call(domainSnapshotListAllChildren, args, { signal });
    return snapshots.map((snap) => new DomainSnapshot(this.#client, snap));
  }

  async isCurrent({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(domainSnapshotIsCurrent, { snap: this.ref, flags: 0 }, { signal })).current !== 0;
  }

  /** Whether libvirt keeps metadata of it, which has to go before the domain is undefined. */
  async hasMetadata({ signal }: CallOptions = {}): Promise<boolean> {
    const args = { snap: this.ref, flags: 0 };
    return (await this.#client.call(domainSnapshotHasMetadata, args, { signal })).metadata !== 0;
  }
}

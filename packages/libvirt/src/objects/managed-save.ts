import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { DomainSaveImageXMLFlags, DomainSaveRestoreFlags } from '../generated/enums.gen.ts';
import {
  domainHasManagedSaveImage,
  domainManagedSave,
  domainManagedSaveDefineXml,
  domainManagedSaveGetXmlDesc,
  domainManagedSaveRemove,
} from '../generated/procedures.gen.ts';
import type { DomainHandle } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';

/** The state of a domain that libvirt keeps on disk, from which `start` goes on. */
export class ManagedSave {
  readonly #client: RpcClient;
  readonly #dom: DomainHandle;

  /** It is `domain.managedSave`. */
  constructor(client: RpcClient, dom: DomainHandle) {
    this.#client = client;
    this.#dom = dom;
  }

  /** Saves the domain's state and stops it. */
  async create({ flags, signal }: FlagOptions<typeof DomainSaveRestoreFlags> = {}): Promise<void> {
    const args = { dom: this.#dom, flags: flagBits(DomainSaveRestoreFlags, flags) };
    await this.#client.call(domainManagedSave, args, { signal });
  }

  async exists({ signal }: CallOptions = {}): Promise<boolean> {
    const { result } = await this.#client.call(domainHasManagedSaveImage, { dom: this.#dom, flags: 0 }, { signal });
    return result !== 0;
  }

  /** Forgets the state: the domain starts anew. */
  async remove({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(domainManagedSaveRemove, { dom: this.#dom, flags: 0 }, { signal });
  }

  /** The definition that the domain will go on with. */
  async xml({ flags, signal }: FlagOptions<typeof DomainSaveImageXMLFlags> = {}): Promise<string> {
    const args = { dom: this.#dom, flags: flagBits(DomainSaveImageXMLFlags, flags) };
    return (await this.#client.call(domainManagedSaveGetXmlDesc, args, { signal })).xml;
  }

  /** Changes that definition, where the guest does not notice. */
  async setXml(xml: string, { flags, signal }: FlagOptions<typeof DomainSaveRestoreFlags> = {}): Promise<void> {
    const args = { dom: this.#dom, dxml: xml, flags: flagBits(DomainSaveRestoreFlags, flags) };
    await this.#client.call(domainManagedSaveDefineXml, args, { signal });
  }
}

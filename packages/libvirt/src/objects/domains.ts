import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  ConnectGetAllDomainStatsFlags,
  ConnectListAllDomainsFlags,
  DomainCreateFlags,
  DomainDefineFlags,
  DomainSaveRestoreFlags,
  DomainStatsTypes,
} from '../generated/enums.gen.ts';
import {
  connectGetAllDomainStats,
  connectListAllDomains,
  domainCreateXml,
  domainDefineXmlFlags,
  domainLookupById,
  domainLookupByName,
  domainLookupByUuid,
  domainRestoreFlags,
  domainSaveFlags,
} from '../generated/procedures.gen.ts';
import { Domain } from './domain.ts';
import type { StartOptions } from './domain-options.ts';
import type { DomainStats, DomainStatsOptions } from './domain-stats.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { typedParams } from './typed-params.ts';
import { uuidBytes } from './uuid.ts';

/** The domains of a connection. Lookups throw `NotFoundError` `NO_DOMAIN`. */
export class Domains {
  readonly #client: RpcClient;

  /** It is `conn.domains`. */
  constructor(client: RpcClient) {
    this.#client = client;
  }

  /** Makes a domain known, or changes the one of the same name and uuid; it does not run yet. */
  async define(xml: string, { flags, signal }: FlagOptions<typeof DomainDefineFlags> = {}): Promise<Domain> {
    const args = { xml, flags: flagBits(DomainDefineFlags, flags) };
    const { dom } = await this.#client.call(domainDefineXmlFlags, args, { signal });
    return new Domain(this.#client, dom);
  }

  /** Starts a domain that is gone when it stops. */
  async createXml(xml: string, { paused = false, flags, signal }: StartOptions = {}): Promise<Domain> {
    const bits = flagBits(DomainCreateFlags, flags) | (paused ? DomainCreateFlags.START_PAUSED : 0);
    const { dom } = await this.#client.call(domainCreateXml, { xmlDesc: xml, flags: bits }, { signal });
    return new Domain(this.#client, dom);
  }

  async byName(name: string, { signal }: CallOptions = {}): Promise<Domain> {
    const { dom } = await this.#client.call(domainLookupByName, { name }, { signal });
    return new Domain(this.#client, dom);
  }

  /** Throws a TypeError for text that is no UUID. */
  async byUuid(uuid: string, { signal }: CallOptions = {}): Promise<Domain> {
    const { dom } = await this.#client.call(domainLookupByUuid, { uuid: uuidBytes(uuid) }, { signal });
    return new Domain(this.#client, dom);
  }

  /** The running domain of that number. */
  async byId(id: number, { signal }: CallOptions = {}): Promise<Domain> {
    const { dom } = await this.#client.call(domainLookupById, { id }, { signal });
    return new Domain(this.#client, dom);
  }

  /** All domains, or those of every group of flags that is given: `['ACTIVE']`, `['INACTIVE', 'AUTOSTART']`. */
  async list({ flags, signal }: FlagOptions<typeof ConnectListAllDomainsFlags> = {}): Promise<Domain[]> {
    const args = { needResults: 1, flags: flagBits(ConnectListAllDomainsFlags, flags) };
    const { domains } = await this.#client.call(connectListAllDomains, args, { signal });
    return domains.map((dom) => new Domain(this.#client, dom));
  }

  /**
   * Figures of many domains in one call: of the given ones, or of all, or of every group of `flags`. What a domain does not
   * have is missing.
   */
  async stats({ domains = [], groups, flags, signal }: DomainStatsOptions = {}): Promise<DomainStats[]> {
    const args = {
      doms: domains.map(({ ref }) => ref),
      stats: flagBits(DomainStatsTypes, groups),
      flags: flagBits(ConnectGetAllDomainStatsFlags, flags),
    };
    const { retStats } = await this.#client.call(connectGetAllDomainStats, args, { signal });
    return retStats.map(({ dom, params }) => ({ domain: new Domain(this.#client, dom), params: typedParams(params) }));
  }

  /** Stops a domain and writes its state into a file of the daemon's host, from which `restore` goes on. */
  async save(
    domain: Domain,
    path: string,
    { flags, signal }: FlagOptions<typeof DomainSaveRestoreFlags> = {},
  ): Promise<void> {
    const args = { dom: domain.ref, to: path, flags: flagBits(DomainSaveRestoreFlags, flags) };
    await this.#client.call(domainSaveFlags, args, { signal });
  }

  /** Lets a domain go on from the file that `save` wrote. */
  async restore(path: string, { flags, signal }: FlagOptions<typeof DomainSaveRestoreFlags> = {}): Promise<void> {
    const args = { from: path, flags: flagBits(DomainSaveRestoreFlags, flags) };
    await this.#client.call(domainRestoreFlags, args, { signal });
  }
}

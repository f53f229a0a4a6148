import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  connectListAllNwfilters,
  nwfilterDefineXml,
  nwfilterLookupByName,
  nwfilterLookupByUuid,
} from '../generated/procedures.gen.ts';
import { Nwfilter } from './nwfilter.ts';
import { uuidBytes } from './uuid.ts';

/** The network filters of a connection. Lookups throw `NotFoundError` `NO_NWFILTER`. */
export class Nwfilters {
  readonly #client: RpcClient;

  /** It is `conn.nwfilters`. */
  constructor(client: RpcClient) {
    this.#client = client;
  }

  /** Makes a filter known, or replaces the one of the same name and uuid, also where it is in use. */
  async define(xml: string, { signal }: CallOptions = {}): Promise<Nwfilter> {
    const { nwfilter } = await this.#client.call(nwfilterDefineXml, { xml }, { signal });
    return new Nwfilter(this.#client, nwfilter);
  }

  async byName(name: string, { signal }: CallOptions = {}): Promise<Nwfilter> {
    const { nwfilter } = await this.#client.call(nwfilterLookupByName, { name }, { signal });
    return new Nwfilter(this.#client, nwfilter);
  }

  /** Throws a TypeError for text that is no UUID. */
  async byUuid(uuid: string, { signal }: CallOptions = {}): Promise<Nwfilter> {
    const { nwfilter } = await this.#client.call(nwfilterLookupByUuid, { uuid: uuidBytes(uuid) }, { signal });
    return new Nwfilter(this.#client, nwfilter);
  }

  async list({ signal }: CallOptions = {}): Promise<Nwfilter[]> {
    const { filters } = await this.#client.call(connectListAllNwfilters, { needResults: 1, flags: 0 }, { signal });
    return filters.map((nwfilter) => new Nwfilter(this.#client, nwfilter));
  }
}

import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { ConnectListAllNetworksFlags } from '../generated/enums.gen.ts';
import {
  connectListAllNetworks,
  networkCreateXml,
  networkDefineXml,
  networkLookupByName,
  networkLookupByUuid,
} from '../generated/procedures.gen.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { Network } from './network.ts';
import { uuidBytes } from './uuid.ts';

/** The networks of a connection. Lookups throw `NotFoundError` `NO_NETWORK`. */
export class Networks {
  readonly #client: RpcClient;

  /** It is `conn.networks`. */
  constructor(client: RpcClient) {
    this.#client = client;
  }

  /** Makes a network known, or changes the one of the same name and uuid; it does not run yet. */
  async define(xml: string, { signal }: CallOptions = {}): Promise<Network> {
    const { net } = await this.#client.call(networkDefineXml, { xml }, { signal });
    return new Network(this.#client, net);
  }

  /** Starts a network that is gone when it stops. */
  async createXml(xml: string, { signal }: CallOptions = {}): Promise<Network> {
    const { net } = await this.#client.call(networkCreateXml, { xml }, { signal });
    return new Network(this.#client, net);
  }

  async byName(name: string, { signal }: CallOptions = {}): Promise<Network> {
    const { net } = await this.#client.call(networkLookupByName, { name }, { signal });
    return new Network(this.#client, net);
  }

  /** Throws a TypeError for text that is no UUID. */
  async byUuid(uuid: string, { signal }: CallOptions = {}): Promise<Network> {
    const { net } = await this.#client.call(networkLookupByUuid, { uuid: uuidBytes(uuid) }, { signal });
    return new Network(this.#client, net);
  }

  /** All networks, or those of every group of flags that is given. */
  async list({ flags, signal }: FlagOptions<typeof ConnectListAllNetworksFlags> = {}): Promise<Network[]> {
    const args = { needResults: 1, flags: flagBits(ConnectListAllNetworksFlags, flags) };
    const { nets } = await this.#client.call(connectListAllNetworks, args, { signal });
    return nets.map((net) => new Network(this.#client, net));
  }
}

import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { ConnectListAllInterfacesFlags, InterfaceDefineFlags } from '../generated/enums.gen.ts';
import {
  connectListAllInterfaces,
  interfaceChangeBegin,
  interfaceChangeCommit,
  interfaceChangeRollback,
  interfaceDefineXml,
  interfaceLookupByMacString,
  interfaceLookupByName,
} from '../generated/procedures.gen.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { Interface } from './interface.ts';

/** The host's network interfaces. Lookups throw `NotFoundError` `NO_INTERFACE`. */
export class Interfaces {
  readonly #client: RpcClient;

  /** It is `conn.interfaces`. */
  constructor(client: RpcClient) {
    this.#client = client;
  }

  /** Configures one, or changes its configuration; it is not brought up. */
  async define(xml: string, { flags, signal }: FlagOptions<typeof InterfaceDefineFlags> = {}): Promise<Interface> {
    const args = { xml, flags: flagBits(InterfaceDefineFlags, flags) };
    const { iface } = await this.#client.call(interfaceDefineXml, args, { signal });
    return new Interface(this.#client, iface);
  }

  async byName(name: string, { signal }: CallOptions = {}): Promise<Interface> {
    const { iface } = await this.#client.call(interfaceLookupByName, { name }, { signal });
    return new Interface(this.#client, iface);
  }

  async byMac(mac: string, { signal }: CallOptions = {}): Promise<Interface> {
    const { iface } = await this.#client.call(interfaceLookupByMacString, { mac }, { signal });
    return new Interface(this.#client, iface);
  }

  /** All, or those of every group of flags that is given: `['ACTIVE']`. */
  async list({ flags, signal }: FlagOptions<typeof ConnectListAllInterfacesFlags> = {}): Promise<Interface[]> {
    const args = { needResults: 1, flags: flagBits(ConnectListAllInterfacesFlags, flags) };
    const { ifaces } = await this.#client.call(connectListAllInterfaces, args, { signal });
    return ifaces.map((iface) => new Interface(this.#client, iface));
  }

  /** Remembers the host's configuration, so that `rollbackChange` can bring it back; `commitChange` keeps what is new. */
  async beginChange({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(interfaceChangeBegin, { flags: 0 }, { signal });
  }

  async commitChange({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(interfaceChangeCommit, { flags: 0 }, { signal });
  }

  async rollbackChange({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(interfaceChangeRollback, { flags: 0 }, { signal });
  }
}

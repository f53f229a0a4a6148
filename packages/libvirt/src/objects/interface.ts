import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { InterfaceXMLFlags } from '../generated/enums.gen.ts';
import {
  interfaceCreate,
  interfaceDestroy,
  interfaceGetXmlDesc,
  interfaceIsActive,
  interfaceUndefine,
} from '../generated/procedures.gen.ts';
import type { RemoteNonnullInterface } from '../generated/types.gen.ts';
import { type FlagOptions, flagBits } from './flags.ts';

/** A network interface of the host; only a name for it, as a `Domain` is. */
export class Interface {
  readonly name: string;
  readonly mac: string;
  /** The interface as an argument of the calls of `@spawnkit/libvirt/rpc`. */
  readonly ref: RemoteNonnullInterface;
  readonly #client: RpcClient;

  /** Interfaces come from `conn.interfaces`. */
  constructor(client: RpcClient, ref: RemoteNonnullInterface) {
    this.#client = client;
    this.ref = ref;
    this.name = ref.name;
    this.mac = ref.mac;
  }

  async isActive({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(interfaceIsActive, { iface: this.ref }, { signal })).active !== 0;
  }

  async xml({ flags, signal }: FlagOptions<typeof InterfaceXMLFlags> = {}): Promise<string> {
    const args = { iface: this.ref, flags: flagBits(InterfaceXMLFlags, flags) };
    return (await this.#client.call(interfaceGetXmlDesc, args, { signal })).xml;
  }

  /** Brings it up. */
  async start({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(interfaceCreate, { iface: this.ref, flags: 0 }, { signal });
  }

  /** Brings it down. */
  async destroy({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(interfaceDestroy, { iface: this.ref, flags: 0 }, { signal });
  }

  /** Forgets its configuration. */
  async undefine({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(interfaceUndefine, { iface: this.ref }, { signal });
  }
}

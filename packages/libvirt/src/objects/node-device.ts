import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { NodeDeviceXMLFlags } from '../generated/enums.gen.ts';
import {
  nodeDeviceDestroy,
  nodeDeviceDetachFlags,
  nodeDeviceGetParent,
  nodeDeviceGetXmlDesc,
  nodeDeviceListCaps,
  nodeDeviceNumOfCaps,
  nodeDeviceReAttach,
  nodeDeviceReset,
} from '../generated/procedures.gen.ts';
import { type FlagOptions, flagBits } from './flags.ts';

/** A device of the host; only a name for it, as a `Domain` is. */
export class NodeDevice {
  readonly name: string;
  readonly #client: RpcClient;

  /** Node devices come from `conn.nodeDevices`. */
  constructor(client: RpcClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  async xml({ flags, signal }: FlagOptions<typeof NodeDeviceXMLFlags> = {}): Promise<string> {
    const args = { name: this.name, flags: flagBits(NodeDeviceXMLFlags, flags) };
    return (await this.#client.call(nodeDeviceGetXmlDesc, args, { signal })).xml;
  }

  /** Name of the device that it hangs on; undefined for the computer itself. */
  async parent({ signal }: CallOptions = {}): Promise<string | undefined> {
    return (await this.#client.call(nodeDeviceGetParent, { name: this.name }, { signal })).parentName;
  }

  /** What it is: `['pci']`, `['net', '80203']`, … */
  async capabilities({ signal }: CallOptions = {}): Promise<readonly string[]> {
    const { name } = this;
    const { num } = await this.#client.call(nodeDeviceNumOfCaps, { name }, { signal });
    return (await this.#client.call(nodeDeviceListCaps, { name, maxnames: num }, { signal })).names;
  }

  /** Takes it from the host's driver, so that it can be passed to a guest; `driver` other than the hypervisor's own choice. */
  async detach({ driver, signal }: CallOptions & { readonly driver?: string } = {}): Promise<void> {
    await this.#client.call(nodeDeviceDetachFlags, { name: this.name, driverName: driver, flags: 0 }, { signal });
  }

  /** Gives it back to the host's driver. */
  async reattach({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(nodeDeviceReAttach, { name: this.name }, { signal });
  }

  async reset({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(nodeDeviceReset, { name: this.name }, { signal });
  }

  /** Removes a virtual device. */
  async destroy({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(nodeDeviceDestroy, { name: this.name }, { signal });
  }
}

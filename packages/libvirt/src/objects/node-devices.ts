import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { ConnectListAllNodeDeviceFlags, NodeDeviceCreateXMLFlags } from '../generated/enums.gen.ts';
import { connectListAllNodeDevices, nodeDeviceCreateXml, nodeDeviceLookupByName } from '../generated/procedures.gen.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { NodeDevice } from './node-device.ts';

/** The host's devices. Lookups throw `NotFoundError` `NO_NODE_DEVICE`. */
export class NodeDevices {
  readonly #client: RpcClient;

  /** It is `conn.nodeDevices`. */
  constructor(client: RpcClient) {
    this.#client = client;
  }

  async byName(name: string, { signal }: CallOptions = {}): Promise<NodeDevice> {
    const { dev } = await this.#client.call(nodeDeviceLookupByName, { name }, { signal });
    return new NodeDevice(this.#client, dev.name);
  }

  /** All, or those of the given capabilities: `['CAP_PCI_DEV']`. */
  async list({ flags, signal }: FlagOptions<typeof ConnectListAllNodeDeviceFlags> = {}): Promise<NodeDevice[]> {
    const args = { needResults: 1, flags: flagBits(ConnectListAllNodeDeviceFlags, flags) };
    const { devices } = await this.#client.call(connectListAllNodeDevices, args, { signal });
    return devices.map(({ name }) => new NodeDevice(this.#client, name));
  }

  /** Makes a virtual device: a mediated one, a virtual host bus adapter. */
  async createXml(
    xml: string,
    { flags, signal }: FlagOptions<typeof NodeDeviceCreateXMLFlags> = {},
  ): Promise<NodeDevice> {
    const args = { xmlDesc: xml, flags: flagBits(NodeDeviceCreateXMLFlags, flags) };
    const { dev } = await this.#client.call(nodeDeviceCreateXml, args, { signal });
    return new NodeDevice(this.#client, dev.name);
  }
}

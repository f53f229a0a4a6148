import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { nwfilterGetXmlDesc, nwfilterUndefine } from '../generated/procedures.gen.ts';
import type { NamedHandle, NamedRef } from './refs.ts';
import { uuidText } from './uuid.ts';

/** A network filter of a connection; only a name for it, as a `Domain` is. */
export class Nwfilter implements NamedRef {
  readonly name: string;
  readonly uuid: string;
  /** The filter as an argument of the calls of `@spawnkit/libvirt/rpc`. */
  readonly ref: NamedHandle;
  readonly #client: RpcClient;

  /** Network filters come from `conn.nwfilters`. */
  constructor(client: RpcClient, ref: NamedHandle) {
    this.#client = client;
    this.ref = ref;
    this.name = ref.name;
    this.uuid = uuidText(ref.uuid);
  }

  async xml({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#client.call(nwfilterGetXmlDesc, { nwfilter: this.ref, flags: 0 }, { signal })).xml;
  }

  /** Throws `OPERATION_INVALID` while a running domain or another filter uses it. */
  async undefine({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(nwfilterUndefine, { nwfilter: this.ref }, { signal });
  }
}

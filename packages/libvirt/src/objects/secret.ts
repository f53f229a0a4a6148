import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import type { SecretUsageType } from '../generated/enums.gen.ts';
import { secretGetValue, secretGetXmlDesc, secretSetValue, secretUndefine } from '../generated/procedures.gen.ts';
import type { NameOf } from './names.ts';
import { type SecretHandle, type SecretRef, secretRef } from './refs.ts';

/** A secret of a connection; only a name for it, as a `Domain` is. Its value never is a part of it. */
export class Secret implements SecretRef {
  readonly uuid: string;
  readonly usageType: NameOf<typeof SecretUsageType>;
  readonly usageId: string;
  /** The secret as an argument of the calls of `@spawnkit/libvirt/rpc`. */
  readonly ref: SecretHandle;
  readonly #client: RpcClient;

  /** Secrets come from `conn.secrets`. */
  constructor(client: RpcClient, ref: SecretHandle) {
    const { uuid, usageType, usageId } = secretRef(ref);
    this.#client = client;
    this.ref = ref;
    this.uuid = uuid;
    this.usageType = usageType;
    this.usageId = usageId;
  }

  /** At most 64 KiB. */
  async setValue(value: Uint8Array, { signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(secretSetValue, { secret: this.ref, value, flags: 0 }, { signal });
  }

  /** Throws `INVALID_SECRET` for a private one, and `NotFoundError` `NO_SECRET` when it has no value. */
  async value({ signal }: CallOptions = {}): Promise<Uint8Array> {
    return (await this.#client.call(secretGetValue, { secret: this.ref, flags: 0 }, { signal })).value;
  }

  /** Its definition, without the value. */
  async xml({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#client.call(secretGetXmlDesc, { secret: this.ref, flags: 0 }, { signal })).xml;
  }

  async undefine({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(secretUndefine, { secret: this.ref }, { signal });
  }
}

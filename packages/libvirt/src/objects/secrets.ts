import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { ConnectListAllSecretsFlags, SecretDefineFlags, SecretUsageType } from '../generated/enums.gen.ts';
import {
  connectListAllSecrets,
  secretDefineXml,
  secretLookupByUsage,
  secretLookupByUuid,
} from '../generated/procedures.gen.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { Secret } from './secret.ts';
import { uuidBytes } from './uuid.ts';

/** The secrets of a connection. Lookups throw `NotFoundError` `NO_SECRET`. */
export class Secrets {
  readonly #client: RpcClient;

  /** It is `conn.secrets`. */
  constructor(client: RpcClient) {
    this.#client = client;
  }

  /** Makes a secret known, still without a value, or changes the one of the same uuid and usage. */
  async define(xml: string, { flags, signal }: FlagOptions<typeof SecretDefineFlags> = {}): Promise<Secret> {
    const args = { xml, flags: flagBits(SecretDefineFlags, flags) };
    const { secret } = await this.#client.call(secretDefineXml, args, { signal });
    return new Secret(this.#client, secret);
  }

  /** Throws a TypeError for text that is no UUID. */
  async byUuid(uuid: string, { signal }: CallOptions = {}): Promise<Secret> {
    const { secret } = await this.#client.call(secretLookupByUuid, { uuid: uuidBytes(uuid) }, { signal });
    return new Secret(this.#client, secret);
  }

  /** By what it is for: `('CEPH', 'client.nova secret')`, `('VOLUME', '/path/of/the/volume')`. */
  async byUsage(type: keyof typeof SecretUsageType, id: string, { signal }: CallOptions = {}): Promise<Secret> {
    const args = { usageType: SecretUsageType[type], usageID: id };
    const { secret } = await this.#client.call(secretLookupByUsage, args, { signal });
    return new Secret(this.#client, secret);
  }

  async list({ flags, signal }: FlagOptions<typeof ConnectListAllSecretsFlags> = {}): Promise<Secret[]> {
    const args = { needResults: 1, flags: flagBits(ConnectListAllSecretsFlags, flags) };
    const { secrets } = await this.#client.call(connectListAllSecrets, args, { signal });
    return secrets.map((secret) => new Secret(this.#client, secret));
  }
}

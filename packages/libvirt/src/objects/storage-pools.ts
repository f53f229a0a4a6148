import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { ConnectListAllStoragePoolsFlags, StoragePoolDefineFlags } from '../generated/enums.gen.ts';
import {
  connectListAllStoragePools,
  storagePoolDefineXml,
  storagePoolLookupByName,
  storagePoolLookupByUuid,
  storageVolLookupByPath,
} from '../generated/procedures.gen.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { StoragePool } from './storage-pool.ts';
import { StorageVolume } from './storage-volume.ts';
import { uuidBytes } from './uuid.ts';

/** The storage pools of a connection. Lookups throw `NotFoundError` `NO_STORAGE_POOL` or `NO_STORAGE_VOL`. */
export class StoragePools {
  readonly #client: RpcClient;

  /** It is `conn.storagePools`. */
  constructor(client: RpcClient) {
    this.#client = client;
  }

  /** Makes a pool known, or changes the one of the same name and uuid; it is not started. */
  async define(xml: string, { flags, signal }: FlagOptions<typeof StoragePoolDefineFlags> = {}): Promise<StoragePool> {
    const args = { xml, flags: flagBits(StoragePoolDefineFlags, flags) };
    const { pool } = await this.#client.call(storagePoolDefineXml, args, { signal });
    return new StoragePool(this.#client, pool);
  }

  async byName(name: string, { signal }: CallOptions = {}): Promise<StoragePool> {
    const { pool } = await this.#client.call(storagePoolLookupByName, { name }, { signal });
    return new StoragePool(this.#client, pool);
  }

  /** Throws a TypeError for text that is no UUID. */
  async byUuid(uuid: string, { signal }: CallOptions = {}): Promise<StoragePool> {
    const { pool } = await this.#client.call(storagePoolLookupByUuid, { uuid: uuidBytes(uuid) }, { signal });
    return new StoragePool(this.#client, pool);
  }

  /** The volume of that path, in whichever pool. */
  async volumeByPath(path: string, { signal }: CallOptions = {}): Promise<StorageVolume> {
    const { vol } = await this.#client.call(storageVolLookupByPath, { path }, { signal });
    return new StorageVolume(this.#client, vol);
  }

  /** All pools, or those of every group of flags that is given. */
  async list({ flags, signal }: FlagOptions<typeof ConnectListAllStoragePoolsFlags> = {}): Promise<StoragePool[]> {
    const args = { needResults: 1, flags: flagBits(ConnectListAllStoragePoolsFlags, flags) };
    const { pools } = await this.#client.call(connectListAllStoragePools, args, { signal });
    return pools.map((pool) => new StoragePool(this.#client, pool));
  }
}

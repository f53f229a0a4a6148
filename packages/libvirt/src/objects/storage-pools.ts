import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  ConnectListAllStoragePoolsFlags,
  StoragePoolCreateFlags,
  StoragePoolDefineFlags,
} from '../generated/enums.gen.ts';
import {
  connectFindStoragePoolSources,
  connectGetStoragePoolCapabilities,
  connectListAllStoragePools,
  storagePoolCreateXml,
  storagePoolDefineXml,
  storagePoolLookupByName,
  storagePoolLookupByTargetPath,
  storagePoolLookupByUuid,
  storageVolLookupByKey,
  storageVolLookupByPath,
} from '../generated/procedures.gen.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { StoragePool } from './storage-pool.ts';
import { StorageVolume } from './storage-volume.ts';
import type { OpenSibling } from '../streams/siblings.ts';
import { uuidBytes } from './uuid.ts';

/** The storage pools of a connection. Lookups throw `NotFoundError` `NO_STORAGE_POOL` or `NO_STORAGE_VOL`. */
export class StoragePools {
  readonly #client: RpcClient;
  readonly #openSibling: OpenSibling;

  /** It is `conn.storagePools`. */
  constructor(client: RpcClient, openSibling: OpenSibling) {
    this.#client = client;
    this.#openSibling = openSibling;
  }

  /** Makes a pool known, or changes the one of the same name and uuid; it is not started. */
  async define(xml: string, { flags, signal }: FlagOptions<typeof StoragePoolDefineFlags> = {}): Promise<StoragePool> {
    const args = { xml, flags: flagBits(StoragePoolDefineFlags, flags) };
    const { pool } = await this.#client.call(storagePoolDefineXml, args, { signal });
    return new StoragePool(this.#client, this.#openSibling, pool);
  }

  /** Starts a pool that is gone when it stops. */
  async createXml(
    xml: string,
    { flags, signal }: FlagOptions<typeof StoragePoolCreateFlags> = {},
  ): Promise<StoragePool> {
    const args = { xml, flags: flagBits(StoragePoolCreateFlags, flags) };
    const { pool } = await this.#client.call(storagePoolCreateXml, args, { signal });
    return new StoragePool(this.#client, this.#openSibling, pool);
  }

  async byName(name: string, { signal }: CallOptions = {}): Promise<StoragePool> {
    const { pool } = await this.#client.call(storagePoolLookupByName, { name }, { signal });
    return new StoragePool(this.#client, this.#openSibling, pool);
  }

  /** Throws a TypeError for text that is no UUID. */
  async byUuid(uuid: string, { signal }: CallOptions = {}): Promise<StoragePool> {
    const { pool } = await this.#client.call(storagePoolLookupByUuid, { uuid: uuidBytes(uuid) }, { signal });
    return new StoragePool(this.#client, this.#openSibling, pool);
  }

  /** The pool whose volumes lie in that directory. */
  async byTargetPath(path: string, { signal }: CallOptions = {}): Promise<StoragePool> {
    const { pool } = await this.#client.call(storagePoolLookupByTargetPath, { path }, { signal });
    return new StoragePool(this.#client, this.#openSibling, pool);
  }

  async volumeByKey(key: string, { signal }: CallOptions = {}): Promise<StorageVolume> {
    const { vol } = await this.#client.call(storageVolLookupByKey, { key }, { signal });
    return new StorageVolume(this.#client, this.#openSibling, vol);
  }

  /** The volume of that path, in whichever pool. */
  async volumeByPath(path: string, { signal }: CallOptions = {}): Promise<StorageVolume> {
    const { vol } = await this.#client.call(storageVolLookupByPath, { path }, { signal });
    return new StorageVolume(this.#client, this.#openSibling, vol);
  }

  /** All pools, or those of every group of flags that is given. */
  async list({ flags, signal }: FlagOptions<typeof ConnectListAllStoragePoolsFlags> = {}): Promise<StoragePool[]> {
    const args = { needResults: 1, flags: flagBits(ConnectListAllStoragePoolsFlags, flags) };
    const { pools } = await this.#client.call(connectListAllStoragePools, args, { signal });
    return pools.map((pool) => new StoragePool(this.#client, this.#openSibling, pool));
  }

  /** What pools there could be: XML, for a type (`netfs`, `iscsi`, `logical`) and, where it needs one, a source to ask. */
  async findSources(type: string, sourceXml?: string, { signal }: CallOptions = {}): Promise<string> {
    const args = { type, srcSpec: sourceXml, flags: 0 };
    return (await this.#client.call(connectFindStoragePoolSources, args, { signal })).xml;
  }

  /** Which types of pools the daemon can have: XML. */
  async capabilities({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#client.call(connectGetStoragePoolCapabilities, { flags: 0 }, { signal })).capabilities;
  }
}

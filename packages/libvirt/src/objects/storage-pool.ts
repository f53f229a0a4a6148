import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  StoragePoolBuildFlags,
  StoragePoolCreateFlags,
  StoragePoolDeleteFlags,
  StoragePoolState,
  StorageVolCreateFlags,
  StorageXMLFlags,
} from '../generated/enums.gen.ts';
import {
  storagePoolBuild,
  storagePoolCreate,
  storagePoolDelete,
  storagePoolDestroy,
  storagePoolGetAutostart,
  storagePoolGetInfo,
  storagePoolGetXmlDesc,
  storagePoolIsActive,
  storagePoolIsPersistent,
  storagePoolListAllVolumes,
  storagePoolRefresh,
  storagePoolSetAutostart,
  storagePoolUndefine,
  storageVolCreateXml,
  storageVolCreateXmlFrom,
  storageVolLookupByName,
} from '../generated/procedures.gen.ts';
import type { OpenSibling } from '../streams/siblings.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { type NameOf, nameOf } from './names.ts';
import type { NamedHandle, NamedRef } from './refs.ts';
import { StorageVolume } from './storage-volume.ts';
import { uuidText } from './uuid.ts';

/** What virStoragePoolGetInfo tells. */
export interface StoragePoolInfo {
  readonly state: NameOf<typeof StoragePoolState>;
  readonly capacityBytes: bigint;
  readonly allocationBytes: bigint;
  readonly availableBytes: bigint;
}

/** A storage pool of a connection; only a name for it, as a `Domain` is. */
export class StoragePool implements NamedRef {
  readonly name: string;
  readonly uuid: string;
  /** The pool as an argument of the calls of `@spawnkit/libvirt/rpc`. */
  readonly ref: NamedHandle;
  readonly #client: RpcClient;
  readonly #openSibling: OpenSibling;

  /** Storage pools come from `conn.storagePools`. */
  constructor(client: RpcClient, openSibling: OpenSibling, ref: NamedHandle) {
    this.#client = client;
    this.#openSibling = openSibling;
    this.ref = ref;
    this.name = ref.name;
    this.uuid = uuidText(ref.uuid);
  }

  async info({ signal }: CallOptions = {}): Promise<StoragePoolInfo> {
    const { state, capacity, allocation, available } = await this.#client.call(
      storagePoolGetInfo,
      { pool: this.ref },
      { signal },
    );
    return {
      state: nameOf(StoragePoolState, state),
      capacityBytes: capacity,
      allocationBytes: allocation,
      availableBytes: available,
    };
  }

  async isActive({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(storagePoolIsActive, { pool: this.ref }, { signal })).active !== 0;
  }

  async xml({ flags, signal }: FlagOptions<typeof StorageXMLFlags> = {}): Promise<string> {
    const args = { pool: this.ref, flags: flagBits(StorageXMLFlags, flags) };
    return (await this.#client.call(storagePoolGetXmlDesc, args, { signal })).xml;
  }

  /** Looks again which volumes there are. */
  async refresh({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(storagePoolRefresh, { pool: this.ref, flags: 0 }, { signal });
  }

  async isPersistent({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(storagePoolIsPersistent, { pool: this.ref }, { signal })).persistent !== 0;
  }

  /** Makes what the pool needs on its host: the directory, the file system, the volume group. */
  async build({ flags, signal }: FlagOptions<typeof StoragePoolBuildFlags> = {}): Promise<void> {
    const args = { pool: this.ref, flags: flagBits(StoragePoolBuildFlags, flags) };
    await this.#client.call(storagePoolBuild, args, { signal });
  }

  /** The inverse of `build`: what was in the pool is lost. */
  async delete({ flags, signal }: FlagOptions<typeof StoragePoolDeleteFlags> = {}): Promise<void> {
    const args = { pool: this.ref, flags: flagBits(StoragePoolDeleteFlags, flags) };
    await this.#client.call(storagePoolDelete, args, { signal });
  }

  async start({ flags, signal }: FlagOptions<typeof StoragePoolCreateFlags> = {}): Promise<void> {
    const args = { pool: this.ref, flags: flagBits(StoragePoolCreateFlags, flags) };
    await this.#client.call(storagePoolCreate, args, { signal });
  }

  /** Whether it starts with the daemon. */
  async autostart({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(storagePoolGetAutostart, { pool: this.ref }, { signal })).autostart !== 0;
  }

  async setAutostart(autostart: boolean, { signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(storagePoolSetAutostart, { pool: this.ref, autostart: autostart ? 1 : 0 }, { signal });
  }

  /** Stops it; its volumes stay. */
  async destroy({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(storagePoolDestroy, { pool: this.ref }, { signal });
  }

  async undefine({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(storagePoolUndefine, { pool: this.ref }, { signal });
  }

  async volumes({ signal }: CallOptions = {}): Promise<StorageVolume[]> {
    const args = { pool: this.ref, needResults: 1, flags: 0 };
    const { vols } = await this.#client.call(storagePoolListAllVolumes, args, { signal });
    return vols.map((vol) => new StorageVolume(this.#client, this.#openSibling, vol));
  }

  /** Throws `NotFoundError` `NO_STORAGE_VOL`. */
  async volume(name: string, { signal }: CallOptions = {}): Promise<StorageVolume> {
    const { vol } = await this.#client.call(storageVolLookupByName, { pool: this.ref, name }, { signal });
    return new StorageVolume(this.#client, this.#openSibling, vol);
  }

  async createVolume(
    xml: string,
    { flags, signal }: FlagOptions<typeof StorageVolCreateFlags> = {},
  ): Promise<StorageVolume> {
    const args = { pool: this.ref, xml, flags: flagBits(StorageVolCreateFlags, flags) };
    const { vol } = await this.#client.call(storageVolCreateXml, args, { signal });
    return new StorageVolume(this.#client, this.#openSibling, vol);
  }

  /** As `createVolume`, with the contents of another volume of this pool or another one. */
  async createVolumeFrom(
    source: StorageVolume,
    xml: string,
    { flags, signal }: FlagOptions<typeof StorageVolCreateFlags> = {},
  ): Promise<StorageVolume> {
    const args = { pool: this.ref, xml, clonevol: source.ref, flags: flagBits(StorageVolCreateFlags, flags) };
    const { vol } = await this.#client.call(storageVolCreateXmlFrom, args, { signal });
    return new StorageVolume(this.#client, this.#openSibling, vol);
  }
}

import type { Duplex } from 'node:stream';
import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { StorageVolDeleteFlags, StorageVolType } from '../generated/enums.gen.ts';
import {
  storageVolDelete,
  storageVolDownload,
  storageVolGetInfo,
  storageVolGetPath,
  storageVolGetXmlDesc,
  storageVolUpload,
} from '../generated/procedures.gen.ts';
import type { RemoteNonnullStorageVol } from '../generated/types.gen.ts';
import { duplexOver } from '../streams/duplex.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { type NameOf, nameOf } from './names.ts';

/** What virStorageVolGetInfo tells. */
export interface StorageVolumeInfo {
  readonly type: NameOf<typeof StorageVolType>;
  readonly capacityBytes: bigint;
  readonly allocationBytes: bigint;
}

/** The signal ends the transfer. */
export interface TransferOptions extends CallOptions {
  /** Where in the volume; default its beginning. */
  readonly offsetBytes?: bigint | undefined;
  /** How much; default to the volume's end. */
  readonly lengthBytes?: bigint | undefined;
}

export interface DownloadOptions extends TransferOptions {
  /** Received bytes that may wait for a slow reader; default 64 MiB. */
  readonly bufferLimitBytes?: number | undefined;
}

/** A volume of a storage pool; only a name for it, as a `Domain` is. */
export class StorageVolume {
  readonly pool: string;
  readonly name: string;
  readonly key: string;
  /** The volume as an argument of the calls of `@spawnkit/libvirt/rpc`. */
  readonly ref: RemoteNonnullStorageVol;
  readonly #client: RpcClient;

  /** Volumes come from a storage pool. */
  constructor(client: RpcClient, ref: RemoteNonnullStorageVol) {
    this.#client = client;
    this.ref = ref;
    this.pool = ref.pool;
    this.name = ref.name;
    this.key = ref.key;
  }

  async info({ signal }: CallOptions = {}): Promise<StorageVolumeInfo> {
    const { type, capacity, allocation } = await this.#client.call(storageVolGetInfo, { vol: this.ref }, { signal });
    return { type: nameOf(StorageVolType, type), capacityBytes: capacity, allocationBytes: allocation };
  }

  async path({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#client.call(storageVolGetPath, { vol: this.ref }, { signal })).name;
  }

  async xml({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#client.call(storageVolGetXmlDesc, { vol: this.ref, flags: 0 }, { signal })).xml;
  }

  /** Removes the volume and its contents. */
  async delete({ flags, signal }: FlagOptions<typeof StorageVolDeleteFlags> = {}): Promise<void> {
    const args = { vol: this.ref, flags: flagBits(StorageVolDeleteFlags, flags) };
    await this.#client.call(storageVolDelete, args, { signal });
  }

  /**
   * Writes into the volume. 'finish' comes when the daemon has everything; its errors (no space, say) are the stream's.
   */
  async upload({ offsetBytes = 0n, lengthBytes = 0n, signal }: TransferOptions = {}): Promise<Duplex> {
    const args = { vol: this.ref, offset: offsetBytes, length: lengthBytes, flags: 0 };
    const { stream } = await this.#client.openStream(storageVolUpload, args, { signal });
    return duplexOver(stream, { direction: 'write', signal });
  }

  /** Reads the volume. The daemon sends as fast as it can: a reader that falls behind by more than the limit fails. */
  async download(options: DownloadOptions = {}): Promise<Duplex> {
    const { offsetBytes = 0n, lengthBytes = 0n, signal, bufferLimitBytes } = options;
    const args = { vol: this.ref, offset: offsetBytes, length: lengthBytes, flags: 0 };
    const { stream } = await this.#client.openStream(storageVolDownload, args, { signal });
    return duplexOver(stream, { direction: 'read', signal, bufferLimitBytes });
  }
}

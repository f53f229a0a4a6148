import type { Duplex } from 'node:stream';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  StorageVolDeleteFlags,
  StorageVolInfoFlags,
  StorageVolResizeFlags,
  StorageVolType,
  StorageVolWipeAlgorithm,
} from '../generated/enums.gen.ts';
import {
  storageVolDelete,
  storageVolDownload,
  storageVolGetInfo,
  storageVolGetInfoFlags,
  storageVolGetPath,
  storageVolGetXmlDesc,
  storageVolResize,
  storageVolUpload,
  storageVolWipePattern,
} from '../generated/procedures.gen.ts';
import type { RemoteNonnullStorageVol } from '../generated/types.gen.ts';
import type { Segment } from '../streams/intake.ts';
import type { OpenSibling } from '../streams/siblings.ts';
import { writeSparseFile } from '../streams/sparse-file.ts';
import { type DownloadOptions, openTransfer, type TransferOptions } from '../streams/transfer.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { type NameOf, nameOf } from './names.ts';

/** What virStorageVolGetInfo tells. */
export interface StorageVolumeInfo {
  readonly type: NameOf<typeof StorageVolType>;
  readonly capacityBytes: bigint;
  readonly allocationBytes: bigint;
}

export interface WipeOptions extends CallOptions {
  /** Default `ZERO`; which others there are depends on the host. */
  readonly algorithm?: keyof typeof StorageVolWipeAlgorithm | undefined;
}

/** A volume of a storage pool; only a name for it, as a `Domain` is. */
export class StorageVolume {
  readonly pool: string;
  readonly name: string;
  readonly key: string;
  /** The volume as an argument of the calls of `@spawnkit/libvirt/rpc`. */
  readonly ref: RemoteNonnullStorageVol;
  readonly #client: RpcClient;
  readonly #openSibling: OpenSibling;

  /** Volumes come from a storage pool. */
  constructor(client: RpcClient, openSibling: OpenSibling, ref: RemoteNonnullStorageVol) {
    this.#client = client;
    this.#openSibling = openSibling;
    this.ref = ref;
    this.pool = ref.pool;
    this.name = ref.name;
    this.key = ref.key;
  }

  /** With the flag `GET_PHYSICAL` the allocation is the size of the volume's container. */
  async info({ flags, signal }: FlagOptions<typeof StorageVolInfoFlags> = {}): Promise<StorageVolumeInfo> {
    const { type, capacity, allocation } =
      flags === undefined
        ? await this.#client.call(storageVolGetInfo, { vol: this.ref }, { signal })
        : await this.#client.call(
            storageVolGetInfoFlags,
            { vol: this.ref, flags: flagBits(StorageVolInfoFlags, flags) },
            { signal },
          );
    return { type: nameOf(StorageVolType, type), capacityBytes: capacity, allocationBytes: allocation };
  }

  async path({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#client.call(storageVolGetPath, { vol: this.ref }, { signal })).name;
  }

  async xml({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#client.call(storageVolGetXmlDesc, { vol: this.ref, flags: 0 }, { signal })).xml;
  }

  /** Changes what the guest sees of it. Making it smaller needs the flag `SHRINK`. */
  async resize(
    capacityBytes: bigint,
    { flags, signal }: FlagOptions<typeof StorageVolResizeFlags> = {},
  ): Promise<void> {
    const args = { vol: this.ref, capacity: capacityBytes, flags: flagBits(StorageVolResizeFlags, flags) };
    await this.#client.call(storageVolResize, args, { signal });
  }

  /** Overwrites the contents. */
  async wipe({ algorithm = 'ZERO', signal }: WipeOptions = {}): Promise<void> {
    const args = { vol: this.ref, algorithm: StorageVolWipeAlgorithm[algorithm], flags: 0 };
    await this.#client.call(storageVolWipePattern, args, { signal });
  }

  /** Removes the volume and its contents. */
  async delete({ flags, signal }: FlagOptions<typeof StorageVolDeleteFlags> = {}): Promise<void> {
    const args = { vol: this.ref, flags: flagBits(StorageVolDeleteFlags, flags) };
    await this.#client.call(storageVolDelete, args, { signal });
  }

  /**
   * Writes into the volume, which must have room for it: 'finish' comes when the daemon has everything; its errors are the
   * stream's. With `sparse`, blocks of zeros travel as holes, which take no room in the volume. That is for a new volume:
   * libvirt (at least 9.0.0) keeps in a hole what was there.
   */
  upload(options: TransferOptions = {}): Promise<Duplex> {
    return openTransfer(this.#line(storageVolUpload), { ...options, direction: 'write' });
  }

  /** Reads the volume. With `sparse`, holes travel as such and are read as zeros. */
  download(options: DownloadOptions = {}): Promise<Duplex> {
    return openTransfer(this.#line(storageVolDownload), { ...options, direction: 'read' });
  }

  /** Reads the volume as runs of data and holes, `{ type: 'hole', lengthBytes }`; leaving the loop gives the transfer up. */
  async segments(options: DownloadOptions = {}): Promise<AsyncIterable<Segment>> {
    const whole = { ...options, sparse: true, segments: true, direction: 'read' } as const;
    return openTransfer(this.#line(storageVolDownload), whole);
  }

  /** Writes a file into the volume, as `upload` does. */
  async uploadFile(path: string, options: TransferOptions = {}): Promise<void> {
    const { signal, lengthBytes } = options;
    // A file that is longer than the length would be refused at its end.
    const end = lengthBytes === undefined ? undefined : Number(lengthBytes) - 1;
    const upload = await this.upload(options);
    const file = createReadStream(path, { highWaterMark: FILE_CHUNK_BYTES, ...(end === undefined ? {} : { end }) });
    await pipeline(file, upload, signal ? { signal } : {});
  }

  /** Writes the volume into a file, which it replaces, with the volume's holes. Answers the file's size in bytes. */
  async downloadFile(path: string, options: DownloadOptions = {}): Promise<bigint> {
    return writeSparseFile(path, await this.segments(options));
  }

  #line<Procedure>(procedure: Procedure) {
    return { client: this.#client, openSibling: this.#openSibling, procedure, vol: this.ref };
  }
}

const FILE_CHUNK_BYTES = 1_048_576;

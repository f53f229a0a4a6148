import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  DomainBlockCommitFlags,
  DomainBlockCopyFlags,
  DomainBlockJobAbortFlags,
  DomainBlockJobInfoFlags,
  DomainBlockJobSetSpeedFlags,
  DomainBlockJobType,
  DomainBlockPullFlags,
  DomainBlockRebaseFlags,
} from '../generated/enums.gen.ts';
import {
  domainBlockCommit,
  domainBlockCopy,
  domainBlockJobAbort,
  domainBlockJobSetSpeed,
  domainBlockPull,
  domainBlockRebase,
  domainGetBlockJobInfo,
} from '../generated/procedures.gen.ts';
import type { DomainHandle } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { type NameOf, nameOf } from './names.ts';
import { type SettableParams, typedParamList } from './typed-params.ts';

/** How far a job is: `current` of `end`, in units of its own. */
export interface BlockJob {
  readonly type: NameOf<typeof DomainBlockJobType>;
  readonly current: bigint;
  readonly end: bigint;
  /** 0: as fast as it can. */
  readonly bandwidthBytesPerSecond: bigint;
}

/** libvirt takes the limits of block jobs in MiB/s unless a flag says bytes; here they are bytes. */
interface Bandwidth {
  /** Default 0: as fast as it can. */
  readonly bandwidthBytesPerSecond?: bigint | undefined;
}

export interface CommitOptions extends FlagOptions<typeof DomainBlockCommitFlags>, Bandwidth {
  /** The image that gets the changes; default the lowest of the chain. */
  readonly base?: string | undefined;
  /** The image whose changes go down; default the active one. */
  readonly top?: string | undefined;
}

export interface PullOptions extends FlagOptions<typeof DomainBlockPullFlags>, Bandwidth {}

export interface RebaseOptions extends FlagOptions<typeof DomainBlockRebaseFlags>, Bandwidth {
  /** What stays below the disk; default nothing. */
  readonly base?: string | undefined;
}

export interface CopyOptions extends FlagOptions<typeof DomainBlockCopyFlags> {
  /** `bandwidth` in bytes per second, `granularity` and `buf-size` in bytes. */
  readonly params?: SettableParams | undefined;
}

/** Jobs on the disks of one domain. A disk is named by its target (`vda`) or source; its end is the event `blockJob2`. */
export class BlockJobs {
  readonly #client: RpcClient;
  readonly #dom: DomainHandle;

  /** It is `domain.blockJobs`. */
  constructor(client: RpcClient, dom: DomainHandle) {
    this.#client = client;
    this.#dom = dom;
  }

  /** The job of a disk; undefined when there is none. */
  async info(disk: string, { signal }: CallOptions = {}): Promise<BlockJob | undefined> {
    const args = { dom: this.#dom, path: disk, flags: DomainBlockJobInfoFlags.BANDWIDTH_BYTES };
    const { found, type, cur, end, bandwidth } = await this.#client.call(domainGetBlockJobInfo, args, { signal });
    if (found === 0) return undefined;
    return { type: nameOf(DomainBlockJobType, type), current: cur, end, bandwidthBytesPerSecond: bandwidth };
  }

  /** Copies what lies below into the disk's own image. */
  async pull(disk: string, { bandwidthBytesPerSecond = 0n, flags, signal }: PullOptions = {}): Promise<void> {
    const bits = flagBits(DomainBlockPullFlags, flags) | DomainBlockPullFlags.BANDWIDTH_BYTES;
    const args = { dom: this.#dom, path: disk, bandwidth: bandwidthBytesPerSecond, flags: bits };
    await this.#client.call(domainBlockPull, args, { signal });
  }

  /** As `pull`, down to an image that stays. */
  async rebase(disk: string, { base, bandwidthBytesPerSecond = 0n, flags, signal }: RebaseOptions = {}): Promise<void> {
    const bits = flagBits(DomainBlockRebaseFlags, flags) | DomainBlockRebaseFlags.BANDWIDTH_BYTES;
    const args = { dom: this.#dom, path: disk, base, bandwidth: bandwidthBytesPerSecond, flags: bits };
    await this.#client.call(domainBlockRebase, args, { signal });
  }

  /** Writes changes of an image into one below it. Committing the active one needs the flag `ACTIVE`, and `abort` with `PIVOT`. */
  async commit(disk: string, options: CommitOptions = {}): Promise<void> {
    const { base, top, bandwidthBytesPerSecond = 0n, flags, signal } = options;
    const bits = flagBits(DomainBlockCommitFlags, flags) | DomainBlockCommitFlags.BANDWIDTH_BYTES;
    const args = { dom: this.#dom, disk, base, top, bandwidth: bandwidthBytesPerSecond, flags: bits };
    await this.#client.call(domainBlockCommit, args, { signal });
  }

  /** Mirrors a disk into the one of `xml` (`<disk>…`), until `abort` ends it or, with `PIVOT`, changes over. */
  async copy(disk: string, xml: string, { params = {}, flags, signal }: CopyOptions = {}): Promise<void> {
    const bits = flagBits(DomainBlockCopyFlags, flags);
    const args = { dom: this.#dom, path: disk, destxml: xml, params: typedParamList(params), flags: bits };
    await this.#client.call(domainBlockCopy, args, { signal });
  }

  async setSpeed(disk: string, bandwidthBytesPerSecond: bigint, { signal }: CallOptions = {}): Promise<void> {
    const flags = DomainBlockJobSetSpeedFlags.BANDWIDTH_BYTES;
    const args = { dom: this.#dom, path: disk, bandwidth: bandwidthBytesPerSecond, flags };
    await this.#client.call(domainBlockJobSetSpeed, args, { signal });
  }

  /** Ends the job. Throws `INVALID_ARG` when there is none. */
  async abort(disk: string, { flags, signal }: FlagOptions<typeof DomainBlockJobAbortFlags> = {}): Promise<void> {
    const args = { dom: this.#dom, path: disk, flags: flagBits(DomainBlockJobAbortFlags, flags) };
    await this.#client.call(domainBlockJobAbort, args, { signal });
  }
}

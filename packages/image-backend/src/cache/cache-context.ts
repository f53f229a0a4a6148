import type { Clock, Exec, Logger } from '@spawnkit/effects';
import { GiB } from '../byte-units.ts';

/** Ceilings of a cache. */
export interface CacheLimits {
  /** Bytes of one image as it is fetched. Default 128 GiB. */
  readonly maxBytes: bigint;
  /** What a guest may see of one image. Default 16 TiB. */
  readonly maxVirtualBytes: bigint;
  /** Ends a download from which nothing came for so long. Default one minute. */
  readonly idleTimeoutMs: number;
  /** Ends a conversion to raw. Default one hour. */
  readonly convertTimeoutMs: number;
}

/** What all acts of one cache work with. */
export interface CacheContext {
  readonly instancesPath: string;
  /** `{instances}/_base`. */
  readonly directory: string;
  readonly exec: Exec;
  readonly log: Logger;
  readonly clock: Clock;
  readonly limits: CacheLimits;
  readonly forceRawImages: boolean;
}

export const defaultCacheLimits: CacheLimits = {
  maxBytes: 128n * GiB,
  maxVirtualBytes: 16n * 1024n * GiB,
  idleTimeoutMs: 60_000,
  convertTimeoutMs: 3_600_000,
};

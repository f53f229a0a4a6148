import type { Clock, Exec, Logger } from '@spawnkit/effects';
import type { Holds } from '../connect/holds.ts';
import type { Sysfs } from './sysfs.ts';

/** What every connector that makes block devices is given. */
export interface DeviceOptions {
  readonly exec: Exec;
  /** Directory of who holds which session, the same for all who connect on this host. */
  readonly holdsPath: string;
  /** Directory of host-wide locks. */
  readonly locksPath: string;
  /** How often a device is looked for before it counts as missing, once a second. Default: 5, as Nova's `num_*_scan_tries`. */
  readonly scanAttempts?: number;
  /** Default: false. */
  readonly useMultipath?: boolean;
  /** Of a command. Default: two minutes. */
  readonly timeoutMs?: number;
  /** Default: `/sys`. */
  readonly sysPath?: string;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/** The same, opened. */
export interface DeviceHost {
  readonly exec: Exec;
  readonly holds: Holds;
  readonly sysfs: Sysfs;
  readonly locksPath: string;
  readonly scanAttempts: number;
  readonly useMultipath: boolean;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

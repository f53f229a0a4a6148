import type { Clock, Exec, ExecOptions, Logger } from '@spawnkit/effects';
import type { ConnectionData } from '../connection-data.ts';
import type { Found } from '../connect/volume-connector.ts';
import type { Mount, MountTable } from './mount-table.ts';

/** What every connector that mounts something works with. */
export interface ShareOptions {
  readonly exec: Exec;
  /** Directory that holds a mount point per export, such as Nova's `nfs_mount_point_base`. */
  readonly mountPointBase: string;
  /** Directory of who holds which mount, the same for all who mount on this host. */
  readonly holdsPath: string;
  /** Directory of host-wide locks. */
  readonly locksPath: string;
  /** Leaves the empty mount point when nothing is mounted there any more, as Nova does for smbfs and quobyte. Default: false. */
  readonly keepMountPoint?: boolean;
  /** Of a command. Default: two minutes. */
  readonly timeoutMs?: number;
  /** Default: the kernel's. */
  readonly mounts?: MountTable;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/** A command to run. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly options?: Pick<ExecOptions, 'input' | 'env'>;
}

/** How the shares of one type are mounted. */
export interface ShareKind {
  /** For errors: `NFS export`. */
  readonly what: string;
  readonly type: string;
  mount(data: ConnectionData, exported: string, mountPoint: string): Command;
  /** Whether what is mounted is what was asked for, and alive. Missing: whatever is mounted there is right. */
  isValid?(mount: Mount): Promise<boolean>;
  /** What the guest's disk is made from; `path` is the volume's file. */
  found(path: string): Found;
}

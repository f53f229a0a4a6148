import type { Exec, Logger } from '@spawnkit/effects';
import type { Vif } from '@spawnkit/instance';
import type { Connection } from '@spawnkit/libvirt';

/** What plugging works with. */
export interface VifContext {
  readonly exec: Exec;
  /** Asked about libvirt's networks. */
  readonly conn: Connection;
  /** Directory of host-wide locks: a bridge is made and removed by one process at a time. */
  readonly locksPath: string;
  readonly log?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How one type of VIF meets the host. */
export interface VifType {
  /** What `plug` would do, one sentence each; touches nothing. */
  plan(vif: Vif): readonly string[];
  /** Throws when `plug` or the guest's start cannot succeed. Changes nothing. */
  check(vif: Vif, context: VifContext): Promise<void>;
  /** Idempotent; completes what an interrupted plug left half-made. */
  plug(vif: Vif, context: VifContext): Promise<void>;
  /** The inverse, idempotent; removes only what plugging made. */
  unplug(vif: Vif, context: VifContext): Promise<void>;
}

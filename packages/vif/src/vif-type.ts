import type { Exec, Logger } from '@spawnkit/effects';
import type { Vif } from '@spawnkit/instance';
import type { Connection } from '@spawnkit/libvirt';

/** What plugging works with. */
export interface VifContext {
  readonly exec: Exec;
  /** Asked about libvirt's networks. */
  readonly conn: Connection;
  /** Directory of host-wide locks: what several VIFs share is made and removed by one process at a time. */
  readonly locksPath: string;
  /** Whose VIF it is, for switches that are told. */
  readonly owner?: VifOwner | undefined;
  /** Where the kernel shows its devices; default `/sys`. */
  readonly sysPath?: string | undefined;
  readonly log?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The instance that a VIF belongs to. */
export interface VifOwner {
  readonly uuid: string;
  readonly projectId?: string | undefined;
  /** Its card has several queues, and so must a tap device that is made for it. */
  readonly multiqueue?: boolean | undefined;
}

/** Something of the host that is there, or is set, for a VIF; plain data, as a journal or a report takes it. */
export interface HostPart {
  readonly kind: 'device' | 'bridge' | 'ovs-port' | 'virtual-function' | 'binding';
  /** Of the device, bridge or port; the PCI address of a function; the port's id of a vendor's binding. */
  readonly name: string;
}

/** How one type of VIF meets the host. */
export interface VifType {
  /** What `plug` would do, one sentence each; touches nothing. */
  plan(vif: Vif): readonly string[];
  /** Throws when `plug` or the guest's start cannot succeed. Changes nothing. */
  check(vif: Vif, context: VifContext): Promise<void>;
  /** Idempotent; completes what an interrupted plug left half-made. Answers what `unplug` takes away again. */
  plug(vif: Vif, context: VifContext): Promise<readonly HostPart[]>;
  /** The inverse, idempotent; removes only what plugging made. */
  unplug(vif: Vif, context: VifContext): Promise<void>;
}

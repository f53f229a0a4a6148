import type { Connection } from '@spawnkit/libvirt';
import type { Host } from '../host.ts';

/** The points of an examination; errors name the one that explains them. */
export const checkNames = [
  'programs',
  'state',
  'journals',
  'space',
  'instances',
  'storage',
  'libvirt',
  'hypervisor',
  'firmware',
  'tpm',
  'confinement',
  'huge-pages',
  'networks',
] as const;
export type CheckName = (typeof checkNames)[number];

/** What was found at one point. */
export interface Finding {
  readonly check: CheckName;
  readonly what: string;
  /**
   * `warning`: spawns work, something is worth knowing; `absent`: not there, and only some specifications ask for it;
   * `missing`: no spawn works without it.
   */
  readonly verdict: 'good' | 'absent' | 'warning' | 'missing';
  readonly detail: string;
  /** What to do, for a person. */
  readonly fix?: string | undefined;
  /** Does it, where that is safe on every host. */
  readonly repair?: (() => Promise<void>) | undefined;
}

/** What a check works with. */
export interface Examination {
  readonly host: Host;
  /** Undefined: the daemon does not answer. */
  readonly conn: Connection | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type Check = (examination: Examination) => Promise<readonly Omit<Finding, 'check'>[]>;

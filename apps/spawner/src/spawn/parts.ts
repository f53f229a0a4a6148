import { releaseLxcRoot, setUpLxcRoot, tearDownLxcRoot } from '@spawnkit/domain-runtime';
import { checkVif, type Firewall, iptablesFirewall, nwfilterFirewall, plug, unplug } from '@spawnkit/vif';
import { createConfigDrive } from './config-drive.ts';
import { ensureConsoleLog } from './console-file.ts';
import type { Host } from '../host.ts';
import { removeAllBut } from '../instance/instance-path.ts';
import { removeInstancePath } from '../instance/kept-disks.ts';
import { openStorage } from './storage.ts';
import { hostVolumes, type VolumeParts } from '../volumes/volume-parts.ts';

/**
 * What a spawn acts with, beside libvirt, commands and the journal. {@link Host.parts} may replace some: to record what
 * a spawn does, or to let it fail.
 */
export interface SpawnParts {
  readonly openStorage: typeof openStorage;
  readonly ensureConsoleLog: (path: string) => Promise<void>;
  /** Removes the directory of an instance; where something was in it `before`, all but that. Idempotent. */
  readonly removeInstancePath: (path: string, before?: readonly string[]) => Promise<void>;
  readonly createConfigDrive: typeof createConfigDrive;
  readonly checkVif: typeof checkVif;
  readonly plug: typeof plug;
  readonly unplug: typeof unplug;
  readonly setUpLxcRoot: typeof setUpLxcRoot;
  readonly releaseLxcRoot: typeof releaseLxcRoot;
  readonly tearDownLxcRoot: typeof tearDownLxcRoot;
  readonly volumes: VolumeParts;
  /** By what filters. */
  readonly firewalls: Readonly<Record<'nwfilter' | 'iptables', Firewall>>;
}

const packages: SpawnParts = {
  openStorage,
  ensureConsoleLog,
  removeInstancePath: (path, before) => (before ? removeAllBut(before, path) : removeInstancePath(path)),
  createConfigDrive,
  checkVif,
  plug,
  unplug,
  setUpLxcRoot,
  releaseLxcRoot,
  tearDownLxcRoot,
  volumes: hostVolumes,
  firewalls: { nwfilter: nwfilterFirewall, iptables: iptablesFirewall },
};

/** The packages of this workspace, except for what the host replaces. */
export function partsOf({ parts }: Pick<Host, 'parts'>): SpawnParts {
  return { ...packages, ...parts };
}

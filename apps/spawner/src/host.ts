import { join } from 'node:path';
import { connectHost, createEventWaiter, type EventWaiter } from '@spawnkit/domain-runtime';
import { type Clock, type Exec, hostExec, type Logger, silentLogger, systemClock } from '@spawnkit/effects';
import type { Rollback } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import type { SpawnParts } from './spawn/parts.ts';
import type { OnProgress } from './progress.ts';
import type { Settings } from './settings.ts';

/** What every operation works with. Leaving its scope (`await using`) closes the connection to libvirt. */
export interface Host extends AsyncDisposable {
  readonly settings: Settings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly exec: Exec;
  /** Where `network-vif-plugged` and its like arrive. */
  readonly events: EventWaiter;
  readonly onProgress: OnProgress;
  readonly paths: HostPaths;
  /** What a spawn acts with instead of the packages of this workspace. */
  readonly parts?: Partial<SpawnParts> | undefined;
  /** The connection to libvirt, opened when it is first asked for; at `settings.uri` unless another one is named. */
  connect(options?: {
    readonly uri?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<Connection>;
}

export interface HostPaths {
  readonly state: string;
  readonly journal: string;
  /** Where processes hand each other events of instances. */
  readonly events: string;
  /** Journals of what is being done to instances that are whole. */
  readonly operations: string;
  readonly locks: string;
  readonly instances: string;
}

export interface HostOptions {
  readonly settings: Settings;
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly events?: EventWaiter;
  readonly onProgress?: OnProgress;
  readonly parts?: Partial<SpawnParts> | undefined;
}

/** The host that the settings describe. Connects to nothing yet. */
export function openHost(options: HostOptions): Host {
  const { settings, log = silentLogger, clock = systemClock } = options;
  const connections = new Map<string, Promise<Connection>>();
  return {
    settings,
    log,
    clock,
    exec: hostExec({ log }),
    events: options.events ?? createEventWaiter({ clock, log }),
    onProgress: options.onProgress ?? (() => {}),
    parts: options.parts,
    paths: {
      state: settings.statePath,
      journal: join(settings.statePath, 'journal'),
      events: join(settings.statePath, 'events'),
      operations: join(settings.statePath, 'operations'),
      locks: join(settings.statePath, 'locks'),
      instances: settings.instancesPath,
    },
    connect({ uri = settings.uri, signal } = {}) {
      const open = connections.get(uri);
      if (open) return open;
      const opening = connectHost(uri, { log, signal });
      connections.set(uri, opening);
      const forget = () => connections.get(uri) === opening && connections.delete(uri);
      // Whoever asks next may have more luck: an undo needs the daemon that a spawn has lost.
      opening.then((conn) => conn.closed.then(forget), forget);
      return opening;
    },
    async [Symbol.asyncDispose]() {
      const opened = await Promise.allSettled(connections.values());
      const open = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      await Promise.all(open.map((conn) => conn[Symbol.asyncDispose]()));
    },
  };
}

/** Commands that stand in a journal while they run, so that whoever takes it back ends them first. */
export function journalledExec({ log }: Pick<Host, 'log'>, { childObserver }: Pick<Rollback, 'childObserver'>): Exec {
  return hostExec({ log, ...childObserver });
}

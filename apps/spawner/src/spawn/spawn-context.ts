import { join } from 'node:path';
import { withDeadline } from '@spawnkit/domain-runtime';
import type { Exec, Rollback } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import { type Host, journalledExec } from '../host.ts';
import type { SpawnerFacts } from '../host-facts.ts';
import { instancePathOf } from '../instance/instance-path.ts';
import type { SpawnStep } from '../progress.ts';
import type { SpawnRequest } from '../request/request.ts';
import { partsOf, type SpawnParts } from './parts.ts';
import type { Ready } from './preflight.ts';
import type { Storage } from './storage.ts';

/** What is known when a spawn begins to act. */
export interface Spawning {
  readonly host: Host;
  readonly request: SpawnRequest;
  readonly ready: Ready;
  readonly rollback: Rollback;
  readonly powerOn: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What every step of a spawn works with. */
export interface SpawnContext {
  readonly host: Host;
  readonly rollback: Rollback;
  readonly conn: Connection;
  readonly facts: SpawnerFacts;
  readonly uuid: string;
  readonly instancePath: string;
  readonly consoleLogPath: string;
  readonly parts: SpawnParts;
  readonly storage: Storage;
  /** Commands stand in the journal. */
  readonly exec: Exec;
  readonly signal: AbortSignal | undefined;
  /** Says what is going on. */
  readonly step: (step: SpawnStep, detail?: string) => void;
  /** What `run` answers, if that does not take longer than a start may. */
  readonly inTime: <T>(what: string, run: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}

/** Opens the storage; touches nothing else. */
export async function openSpawn({ host, request, ready, rollback, signal }: Spawning): Promise<SpawnContext> {
  const { uuid } = request.instance;
  const instancePath = instancePathOf(host.paths, uuid);
  const exec = journalledExec(host, rollback);
  const parts = partsOf(host);
  return {
    host,
    rollback,
    ...ready,
    uuid,
    instancePath,
    consoleLogPath: join(instancePath, 'console.log'),
    parts,
    storage: await parts.openStorage(host, exec, { signal }),
    exec,
    signal,
    step: (step, detail) => host.onProgress({ type: 'step', step, ...(detail === undefined ? {} : { detail }) }),
    inTime: (what, run) => answered(host, what, signal, run),
  };
}

/** What `run` answers, if that does not take longer than a start may. */
export async function answered<T>(
  { settings, clock }: Host,
  what: string,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withDeadline(what, run, { clock, timeoutMs: settings.startTimeoutS * 1000, signal });
}

import { EffectsError, undoJournal } from '@spawnkit/effects';
import { inverses } from './acts.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { KnownInstance } from '../instance/inventory.ts';
import { dontKeepDisks, keepDisks } from '../instance/kept-disks.ts';
import { busy, lockInstance } from '../instance/lock-instance.ts';
import { discardOperation, settleOperation } from '../operations/operations.ts';
import { residue } from './residue.ts';

export interface DestroyOptions {
  /** The disks stay where they are; their base images stay in the cache as long as they do. */
  readonly keepDisks?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What of an instance has to be known to delete it. */
export type DoomedInstance = Pick<KnownInstance, 'name' | 'uuid' | 'uri' | 'instancePath' | 'storage' | 'imagesType'>;

/**
 * Stops an instance and removes everything that was made for it; works as well on what an interrupted spawn or delete
 * left. Throws {@link SpawnerError} `BUSY` while another process works on it, `NOT_FOUND` when it is gone, `RESIDUE`
 * when something would not go (the journal stays; try again).
 */
export async function destroyInstance(
  host: Host,
  instance: DoomedInstance,
  options: DestroyOptions = {},
): Promise<void> {
  const { name, uuid } = instance;
  const { signal } = options;
  host.onProgress({ type: 'step', step: 'destroy', detail: name });
  await using _lock = await lockInstance(host, instance, { signal });
  await settleFirst(host, instance, signal);
  await markDisks(instance, options);
  await undoAll(host, instance, signal);
  await discardOperation(host, uuid, { signal });
}

/** A delete wants no operation completed: that one cannot be taken back is no reason to keep the rest. */
async function settleFirst(host: Host, { name, uuid }: DoomedInstance, signal: AbortSignal | undefined): Promise<void> {
  const failures = await settleOperation(host, uuid, { signal });
  for (const { entry, error } of failures) {
    host.log.warn('an interrupted operation could not be taken back before the delete', {
      name,
      act: entry.kind,
      error,
    });
  }
}

async function markDisks(instance: DoomedInstance, { keepDisks: keep = false }: DestroyOptions): Promise<void> {
  if (keep) await keepDisks(instance).catch(unlessMissing);
  else await dontKeepDisks(instance.instancePath);
}

/** An interrupted spawn may have no directory yet, and no disks to keep. */
function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function undoAll(host: Host, instance: DoomedInstance, signal: AbortSignal | undefined): Promise<void> {
  const { name, uuid: id } = instance;
  const { paths, log } = host;
  const table = inverses(host, instance);
  try {
    const { failures } = await undoJournal({ directory: paths.journal, id, inverses: table, log, signal });
    if (failures.length > 0) throw residue(name, failures);
  } catch (error) {
    throw error instanceof EffectsError ? translate(error, name) : error;
  }
}

function translate(error: EffectsError, name: string): Error {
  if (error.code === 'LOCK_HELD') return busy(name, error);
  if (error.code === 'JOURNAL_NOT_FOUND') {
    return new SpawnerError('NOT_FOUND', `The instance "${name}" is gone already`, { cause: error });
  }
  return error;
}

import { EffectsError, undoJournal } from '@spawnkit/effects';
import { inverses } from './acts.ts';
import { SpawnerError } from './errors.ts';
import type { Host } from './host.ts';
import type { KnownInstance } from './inventory.ts';
import { residue } from './residue.ts';

/**
 * Stops an instance and removes everything that was made for it; works as well on what an interrupted spawn or delete left.
 * Throws {@link SpawnerError} `BUSY` while another process works on it, `NOT_FOUND` when it is gone, `RESIDUE` when
 * something would not go (the journal stays; try again).
 */
export async function destroyInstance(
  host: Host,
  { name, uuid, uri, instancePath }: Pick<KnownInstance, 'name' | 'uuid' | 'uri' | 'instancePath'>,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  host.onProgress({ type: 'step', step: 'destroy', detail: name });
  try {
    const { paths, log } = host;
    const { failures } = await undoJournal({
      directory: paths.journal,
      id: uuid,
      inverses: inverses(host, { uri, instancePath }),
      log,
      signal,
    });
    if (failures.length > 0) throw residue(name, failures);
  } catch (error) {
    throw error instanceof EffectsError ? translate(error, name) : error;
  }
}

function translate(error: EffectsError, name: string): Error {
  if (error.code === 'LOCK_HELD') {
    return new SpawnerError('BUSY', `Another process works on the instance "${name}" right now`, {
      cause: error,
      fix: 'Try again when it has ended.',
    });
  }
  if (error.code === 'JOURNAL_NOT_FOUND') {
    return new SpawnerError('NOT_FOUND', `The instance "${name}" is gone already`, { cause: error });
  }
  return error;
}

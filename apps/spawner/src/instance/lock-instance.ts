import { acquireLock, EffectsError, type Lock } from '@spawnkit/effects';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { KnownInstance } from './inventory.ts';

/**
 * Whoever changes an instance that is whole, or deletes it, holds this. Does not wait. Throws {@link SpawnerError}
 * `BUSY` while another process holds it.
 */
export async function lockInstance(
  { paths }: Pick<Host, 'paths'>,
  { name, uuid }: Pick<KnownInstance, 'name' | 'uuid'>,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<Lock> {
  try {
    return await acquireLock({ directory: paths.locks, name: `instance-${uuid}`, wait: false, signal });
  } catch (error) {
    throw error instanceof EffectsError && error.code === 'LOCK_HELD' ? busy(name, error) : error;
  }
}

/** Another process works on that instance. */
export function busy(name: string, cause: unknown): SpawnerError {
  return new SpawnerError('BUSY', `Another process works on the instance "${name}" right now`, {
    cause,
    fix: 'Try again when it has ended.',
  });
}

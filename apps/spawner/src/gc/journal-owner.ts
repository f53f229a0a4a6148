import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalLocation } from '@spawnkit/effects';
import type { Host } from '../host.ts';

const HELD = 75;

/**
 * Whether a living process works under a journal, which holds its lock. Asking takes a shared lock for a moment and
 * changes nothing. A journal that is gone has no owner.
 */
export async function isJournalOwned(
  { exec }: Pick<Host, 'exec'>,
  { directory, id }: JournalLocation,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  const file = await open(join(directory, `${id}.jsonl`), 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return false;
  try {
    // By its name, flock(1) would make it if it went in the meantime.
    const path = `/proc/${process.pid}/fd/${file.fd}`;
    const args = ['--shared', '--nonblock', `--conflict-exit-code=${HELD}`, path, 'true'];
    return (await exec('flock', args, { signal, okExitCodes: [0, HELD] })).exitCode === HELD;
  } finally {
    await file.close();
  }
}

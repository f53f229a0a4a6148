import { acquireLock } from '@spawnkit/effects';
import { makePassable } from '../instance/instance-path.ts';
import type { Check } from './finding.ts';

/** Whether journals and locks can be written. */
export const examineState: Check = async ({ host: { paths }, signal }) => {
  const what = 'state';
  try {
    await makePassable(paths.state);
    await using _lock = await acquireLock({ directory: paths.locks, name: 'doctor', signal });
    return [{ what, verdict: 'good', detail: `journals in ${paths.journal}` }];
  } catch (error) {
    signal?.throwIfAborted();
    const fix = 'Run as the user who owns that directory, or name another one: --state-dir.';
    return [{ what, verdict: 'missing', detail: (error as Error).message, fix }];
  }
};

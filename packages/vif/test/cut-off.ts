import type { Exec } from '@spawnkit/effects';

/** Commands up to one of them, from 1, and no further: as if the process had been killed before or after it. */
export function cutOff(exec: Exec, at: number, moment: 'before' | 'after', error: Error): Exec {
  let count = 0;
  return async (...call) => {
    count++;
    if (count > at || (count === at && moment === 'before')) throw error;
    const result = await exec(...call);
    if (count === at) throw error;
    return result;
  };
}

/** The same commands, of which one fails, from 1. */
export function failOnce(exec: Exec, at: number, error: Error): Exec {
  let count = 0;
  return async (...call) => {
    if (++count === at) throw error;
    return exec(...call);
  };
}

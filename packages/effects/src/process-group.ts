import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { EffectsError } from './errors.ts';

/** What /proc/PID/stat says of a process. */
export interface ProcessStat {
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
  /** False for one that ended and only waits to be reaped. */
  readonly alive: boolean;
}

const GONE_TIMEOUT_MS = 5000;
const POLL_MS = 5;

/** Reads /proc/PID/stat as proc(5) lays it out; undefined when there is no such process. */
export function readStat(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name, may contain blanks and parentheses; what follows its last one does not.
    const [state, , group, session, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startTime = rest[15];
    if (startTime === undefined) return undefined;
    return { group: Number(group), session: Number(session), startTime, alive: state !== 'Z' && state !== 'X' };
  } catch {
    return undefined;
  }
}

/** Sends a signal to a process group; one that is gone is fine. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/**
 * Sends SIGKILL to whoever is in the group and waits until nobody is. Throws `EffectsError` `EXEC_TIMEOUT` when somebody
 * stays for five seconds (a process in an uninterruptible wait does).
 */
export async function endGroup(group: number): Promise<void> {
  const deadline = performance.now() + GONE_TIMEOUT_MS;
  for (let left = livingMembers(group); left.length > 0; left = livingMembers(group)) {
    if (performance.now() > deadline) {
      const context = { group, pids: left };
      throw new EffectsError('EXEC_TIMEOUT', `Processes ${left.join(', ')} did not end after SIGKILL`, context);
    }
    signalGroup(group, 'SIGKILL');
    await delay(POLL_MS);
  }
}

/** Pids of those in the group who are alive: an orphan may stay a zombie for as long as the host's init likes. */
export function livingMembers(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const stat = readStat(pid);
      return stat?.alive === true && stat.group === group;
    });
}

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { EffectsError } from './errors.ts';
import { endGroup, readStat } from './process-group.ts';

/** A command that runs, told from every other process of this host, past and future. */
export interface Child {
  readonly pid: number;
  /** Start time of the process (field 22 of /proc/PID/stat) and the boot it belongs to, so that neither a reused pid nor a reboot ever matches. */
  readonly startTime: string;
  readonly file: string;
}

const GONE_TIMEOUT_MS = 5000;
const POLL_MS = 5;

/** The identity of a process that was just started; undefined when it is gone already. */
export function identifyChild(pid: number, file: string): Child | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime, file };
}

/**
 * Ends a child that outlived whoever started it: SIGKILL to its process group, then waits until the group is gone. Answers
 * whether there was anything to end; another process with the same pid is left alone. Descendants of a child that is
 * itself gone are not found. Throws `EffectsError` `EXEC_TIMEOUT` when the group is still there after five seconds.
 */
export async function endChild(child: Child): Promise<boolean> {
  // Pids 0 and 1 as a group would reach our own processes or all; no child has them.
  if (child.pid <= 1 || startTimeOf(child.pid) !== child.startTime) return false;
  await endGroup(child.pid);
  const deadline = performance.now() + GONE_TIMEOUT_MS;
  while (startTimeOf(child.pid) === child.startTime) {
    if (performance.now() > deadline) {
      const { pid, file } = child;
      throw new EffectsError('EXEC_TIMEOUT', `Process ${pid} ("${file}") did not end after SIGKILL`, { pid, file });
    }
    await delay(POLL_MS);
  }
  return true;
}

function startTimeOf(pid: number): string | undefined {
  const stat = readStat(pid);
  return stat?.alive ? `${stat.startTime}@${bootId()}` : undefined;
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

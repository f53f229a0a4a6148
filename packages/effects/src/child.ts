import { readFileSync } from 'node:fs';
import { endGroup, livingMembers, readStat } from './process-group.ts';

/** A command that runs, told from every other process of this host, past and future. */
export interface Child {
  readonly pid: number;
  /** Start time of the process (field 22 of /proc/PID/stat) and the boot it belongs to, so that neither a reused pid nor a reboot ever matches. */
  readonly startTime: string;
  readonly file: string;
}

/** The identity of a process that was just started; undefined when it is gone already. */
export function identifyChild(pid: number, file: string): Child | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime, file };
}

/**
 * Ends a child that outlived whoever started it, with its descendants: SIGKILL to its process group, then waits until the
 * group is gone. Answers whether there was anything to end; another process with the same pid is left alone. Descendants that
 * left the group are not found. Throws `EffectsError` `EXEC_TIMEOUT` when somebody is still there after five seconds.
 */
export async function endChild(child: Child): Promise<boolean> {
  // Pids 0 and 1 as a group would reach our own processes or all; no child has them.
  if (child.pid <= 1 || !hasSurvivors(child)) return false;
  await endGroup(child.pid);
  return true;
}

/**
 * Whether the child or somebody of its group is alive. The kernel gives a pid to nobody else for as long as a group has it as
 * its number, so those of a dead child's group in its own session, which began no earlier than it did, are its descendants.
 */
function hasSurvivors({ pid, startTime }: Child): boolean {
  const [started, boot] = startTime.split('@');
  if (boot !== bootId()) return false;
  const leader = readStat(pid);
  if (leader) return leader.startTime === started && (leader.alive || livingMembers(pid).length > 0);
  return livingMembers(pid).some((member) => {
    const stat = readStat(member);
    return stat?.session === pid && Number(stat.startTime) >= Number(started);
  });
}

function startTimeOf(pid: number): string | undefined {
  const stat = readStat(pid);
  return stat?.alive ? `${stat.startTime}@${bootId()}` : undefined;
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

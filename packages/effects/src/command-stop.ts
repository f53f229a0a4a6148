import type { ExecOptions } from './exec.ts';
import { signalGroup } from './process-group.ts';

/** Why a running command was told to end before its time. */
export type StopReason = 'abort' | 'timeout' | 'refused';

export interface CommandStop {
  readonly reason: StopReason | undefined;
  /** Tells the command to end, for the first reason only; nothing happens once it ended. */
  stop(reason: StopReason): void;
  /** The command has ended: its pid may soon be somebody else's. */
  ended(): void;
}

const KILL_AFTER_MS = 2000;
const LET_GO_AFTER_MS = 500;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Ends a command's process group at abort or timeout: SIGTERM, SIGKILL two seconds later. `letGo` is called when its output
 * is still open after that, held by a descendant that left the group.
 */
export function commandStop(group: number | undefined, options: ExecOptions, letGo: () => void): CommandStop {
  const { signal, timeoutMs } = options;
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number, run: () => void) => timers.push(setTimeout(run, Math.min(ms, LONGEST_TIMER_MS)));
  let reason: StopReason | undefined;
  let over = group === undefined;

  const stop = (why: StopReason) => {
    if (over || reason || group === undefined) return;
    reason = why;
    signalGroup(group, 'SIGTERM');
    after(KILL_AFTER_MS, () => signalGroup(group, 'SIGKILL'));
    after(KILL_AFTER_MS + LET_GO_AFTER_MS, letGo);
  };
  const abort = () => stop('abort');
  signal?.addEventListener('abort', abort, { once: true });
  if (timeoutMs !== undefined) after(timeoutMs, () => stop('timeout'));

  return {
    get reason() {
      return reason;
    },
    stop,
    ended() {
      over = true;
      signal?.removeEventListener('abort', abort);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

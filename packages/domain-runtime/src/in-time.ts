import { type Clock, systemClock } from '@spawnkit/effects';
import { DomainRuntimeError } from './errors.ts';

export interface DeadlineOptions {
  readonly clock?: Clock | undefined;
  /** How long the daemon may take to answer. Default: as long as it likes. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The answer to a call that the daemon carries out whether somebody waits or not, so that giving up early would tell nobody
 * what there is to take back. Throws {@link DomainRuntimeError} `CALL_TIMEOUT`: then nobody knows what came of it.
 */
export async function inTime<T>(what: string, call: Promise<T>, options: DeadlineOptions): Promise<T> {
  const { clock = systemClock, timeoutMs } = options;
  if (timeoutMs === undefined) return call;
  const over = new AbortController();
  const deadline = clock.sleep(timeoutMs, { signal: over.signal }).then(() => {
    throw tooSlow(what, timeoutMs);
  });
  // Whichever is later has nobody to tell.
  deadline.catch(() => {});
  call.catch(() => {});
  try {
    return await Promise.race([call, deadline]);
  } finally {
    over.abort();
  }
}

/**
 * What `run` answers, whose signal aborts when it takes too long. For calls and commands that can be given up: this settles
 * when they have, so that nobody takes back what is still being done. Throws {@link DomainRuntimeError} `CALL_TIMEOUT`, what
 * `run` throws, or the signal's reason.
 */
export async function withDeadline<T>(
  what: string,
  run: (signal: AbortSignal) => Promise<T>,
  options: DeadlineOptions & { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const { clock = systemClock, timeoutMs, signal } = options;
  const late = new AbortController();
  const over = new AbortController();
  clock.sleep(timeoutMs, { signal: over.signal }).then(
    () => late.abort(tooSlow(what, timeoutMs)),
    () => {},
  );
  try {
    return await run(signal ? AbortSignal.any([signal, late.signal]) : late.signal);
  } finally {
    over.abort();
  }
}

function tooSlow(what: string, timeoutMs: number): DomainRuntimeError {
  return new DomainRuntimeError('CALL_TIMEOUT', `libvirt did not ${what} within ${timeoutMs / 1000} s`, {
    fix: 'See whether the daemon hangs: virsh list; its log: journalctl -u libvirtd.',
    context: { what, timeoutMs },
  });
}

import { type Clock, systemClock } from '@spawnkit/effects';
import { type Connection, type Domain, type EventGap, NotFoundError, OperationInvalidError } from '@spawnkit/libvirt';
import { type DomainWatch, watchDomain } from './domain-watch.ts';
import { DomainRuntimeError } from './errors.ts';
import { destroyDomain } from './launch.ts';
import { domainState, isOver, type Observation } from './observe.ts';

export interface ShutdownOptions {
  readonly clock?: Clock | undefined;
  /** How long the guest may take. Default 60 s, Nova's `shutdown_timeout`. */
  readonly timeoutMs?: number | undefined;
  /** After how long it is asked again: a guest that still boots may not have listened. Default 10 s, as Nova. */
  readonly repeatMs?: number | undefined;
  /** What happens when it does not listen: it is destroyed (default), or stays and this throws. */
  readonly fallback?: 'destroy' | 'none' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `SHUTDOWN`: the guest has done it by itself. `DESTROYED`: it was ended. `OFF`: it did not run. */
export type ShutdownOutcome = 'SHUTDOWN' | 'DESTROYED' | 'OFF';

/**
 * Asks the guest to switch itself off, waits for it by events, and ends it where it does not. Idempotent: a domain that does
 * not run, or is not there, is fine. A paused guest cannot hear, so the fallback comes at once. Throws
 * {@link DomainRuntimeError} `WAIT_TIMEOUT` without a fallback, `DOMAIN_STUCK`, libvirt's errors, or the signal's reason.
 * Follows Nova's `_clean_shutdown`.
 */
export async function shutdownDomain(
  conn: Connection<EventGap>,
  uuid: string,
  options: ShutdownOptions = {},
): Promise<ShutdownOutcome> {
  const { clock = systemClock, fallback = 'destroy', signal } = options;
  const seen = await domainState(conn, uuid, { signal });
  if (seen.state === 'SHUTOFF' || seen.state === 'ABSENT') return 'OFF';
  await using watch = await watchDomain(conn, uuid, { clock, signal });
  try {
    if (seen.state === 'PAUSED' || isOver(seen)) throw cannotHear(uuid, seen);
    await ask(conn, uuid, watch, { ...options, clock });
    return 'SHUTDOWN';
  } catch (error) {
    if (fallback === 'none' || !isTimeout(error)) throw error;
  }
  await destroyDomain(conn, uuid, { signal });
  return 'DESTROYED';
}

/** Resolves when the guest has switched itself off; asks now, and again and again. */
async function ask(
  conn: Connection<EventGap>,
  uuid: string,
  watch: DomainWatch,
  { clock, timeoutMs = 60_000, repeatMs = 10_000, signal }: ShutdownOptions & { readonly clock: Clock },
): Promise<void> {
  const end = clock.monotonicMs() + timeoutMs;
  for (;;) {
    await askOnce(await conn.domains.byUuid(uuid, { signal }), signal);
    const left = end - clock.monotonicMs();
    try {
      await watch.until('SHUTOFF', { timeoutMs: Math.max(0, Math.min(repeatMs, left)), signal });
      return;
    } catch (error) {
      if (!isTimeout(error) || left <= repeatMs) throw error;
    }
  }
}

/** A domain that has just ended, or is gone, needs no asking. */
async function askOnce(domain: Domain, signal: AbortSignal | undefined): Promise<void> {
  try {
    await domain.shutdown({ signal });
  } catch (error) {
    if (!(error instanceof OperationInvalidError || error instanceof NotFoundError)) throw error;
  }
}

function cannotHear(uuid: string, seen: Observation): DomainRuntimeError {
  const message = `Domain ${uuid} is ${seen.state} (${seen.reason}): its guest cannot switch itself off`;
  return new DomainRuntimeError('WAIT_TIMEOUT', message, {
    fix: 'Resume it first, or destroy it.',
    context: { uuid, ...seen },
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof DomainRuntimeError && error.code === 'WAIT_TIMEOUT';
}

import {
  type Connection,
  type Domain,
  type EventGap,
  LibvirtError,
  NotFoundError,
  OperationInvalidError,
} from '@spawnkit/libvirt';
import { domainStopped } from './domain-stopped.ts';
import { watchDomain } from './domain-watch.ts';
import { DomainRuntimeError } from './errors.ts';
import { type DeadlineOptions, inTime } from './in-time.ts';
import { isOver, observe } from './observe.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** How long a domain may take to end after libvirt gave up killing its QEMU, which itself takes up to 30 s. */
const DESTROY_TIMEOUT_MS = 30_000;

/** errno of a process that SIGKILL does not end. */
const EBUSY = 16;

export interface LaunchOptions extends Options, DeadlineOptions {
  readonly paused?: boolean;
}

/**
 * Starts a defined domain, paused when somebody has to finish something first; from its saved memory when there is some.
 * Follows virDomainCreateWithFlags; throws libvirt's errors, and {@link DomainRuntimeError} `CALL_TIMEOUT`. An abort counts
 * before the call, and again when it has been answered: the daemon starts the domain whether somebody waits or not, and
 * whoever destroys it before that would miss it.
 */
export async function launchDomain(domain: Domain, options: LaunchOptions = {}): Promise<void> {
  const { signal, paused = false, ...deadline } = options;
  signal?.throwIfAborted();
  await inTime('start the domain', domain.start({ paused }), deadline);
  signal?.throwIfAborted();
}

/**
 * Lets a paused domain run. Idempotent: a domain that runs is fine. Throws {@link DomainRuntimeError} `DOMAIN_STOPPED` when
 * it has ended meanwhile, or libvirt's errors.
 */
export async function resumeDomain(domain: Domain, { signal }: Options = {}): Promise<void> {
  try {
    await domain.resume({ signal });
  } catch (error) {
    if (!(error instanceof OperationInvalidError || error instanceof NotFoundError)) throw error;
    const seen = await observe(domain, signal);
    if (isOver(seen)) throw domainStopped(domain.uuid, 'a paused domain', seen, { cause: error });
    if (seen.state !== 'RUNNING') throw error;
  }
}

/**
 * The inverse of {@link launchDomain}: ends the domain at once and returns when it is gone. Idempotent: a domain that does
 * not run, or is not there, is fine. Throws {@link DomainRuntimeError} `DOMAIN_STUCK` when it will not end.
 */
export async function destroyDomain(conn: Connection<EventGap>, uuid: string, { signal }: Options = {}): Promise<void> {
  try {
    const domain = await conn.domains.byUuid(uuid, { signal });
    if (!(await endAtOnce(domain, signal))) await untilGone(conn, uuid, signal);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

/** Answers whether the domain is gone, which libvirt's own destroy waits for. */
async function endAtOnce(domain: Domain, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await domain.destroy({ signal });
  } catch (error) {
    if (await isGone(domain, signal)) return true;
    if (!mayBeEnding(error)) throw error;
  }
  return isGone(domain, signal);
}

async function isGone(domain: Domain, signal: AbortSignal | undefined): Promise<boolean> {
  const { state } = await observe(domain, signal);
  return state === 'SHUTOFF' || state === 'ABSENT';
}

/** libvirt killed the process and did not see it end: virProcessKillPainfully. */
function mayBeEnding(error: unknown): boolean {
  return error instanceof LibvirtError && error.is('SYSTEM_ERROR') && error.int1 === EBUSY;
}

async function untilGone(conn: Connection<EventGap>, uuid: string, signal: AbortSignal | undefined): Promise<void> {
  await using watch = await watchDomain(conn, uuid, { signal });
  try {
    await watch.until('SHUTOFF', { timeoutMs: DESTROY_TIMEOUT_MS, signal });
  } catch (cause) {
    if (!(cause instanceof DomainRuntimeError && cause.code === 'WAIT_TIMEOUT')) throw cause;
    throw new DomainRuntimeError('DOMAIN_STUCK', `Domain ${uuid} did not end within ${DESTROY_TIMEOUT_MS / 1000} s`, {
      cause,
      fix: "Its QEMU process probably hangs in the kernel, on storage that does not answer: see libvirt's log of the domain.",
      context: { uuid },
    });
  }
}

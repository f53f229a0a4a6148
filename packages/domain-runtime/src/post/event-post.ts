import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '@spawnkit/effects';
import { DomainRuntimeError } from '../errors.ts';
import type { EventWaiter } from '../event-waiter.ts';
import { type InstanceEvent, parseInstanceEvent } from '../instance-event.ts';
import { listenForEvents } from './event-socket.ts';
import { forgetKeptEvent, keepEvent, removeExpired, takeKeptEvents } from './kept-events.ts';
import { offerEvent } from './offer-event.ts';
import { socketName, socketPath } from './socket-path.ts';

/** Where processes of one user hand each other events of instances. */
export interface EventPostOptions {
  /** A directory of this user alone; made with mode 0700 when missing. */
  readonly directory: string;
  readonly clock?: Clock | undefined;
  /** How long an event that nobody listens for is kept, in milliseconds of the wall clock. Default 5 minutes. */
  readonly keepMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReceiveOptions extends EventPostOptions {
  readonly instanceUuid: string;
  /** Takes what comes. Arm the wait first. */
  readonly events: Pick<EventWaiter, 'deliver'>;
}

/**
 * What became of an event: `awaited` by a process that listens, `unawaited` by it (a stranger or a duplicate, which it
 * ignores), or `kept` for the next process that listens for the instance.
 */
export type PostOutcome = 'awaited' | 'unawaited' | 'kept';

const KEEP_MS = 300_000;

/**
 * Takes the events of an instance from other processes until it is left: first those that were kept, then what comes through
 * a socket `<uuid>.sock` of mode 0600. Throws {@link DomainRuntimeError} `EVENTS_BUSY` when another process takes them, what
 * the file system says, or the signal's reason.
 */
export async function receiveEvents(options: ReceiveOptions): Promise<AsyncDisposable> {
  const { directory, instanceUuid, events, clock = systemClock, keepMs = KEEP_MS, signal } = options;
  signal?.throwIfAborted();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const way = await socketPath(directory, instanceUuid);
  const ofInstance = (event: InstanceEvent) => event.instanceUuid === instanceUuid && events.deliver(event);
  const close = async (listener?: AsyncDisposable) => {
    await listener?.[Symbol.asyncDispose]();
    await way[Symbol.asyncDispose]();
  };
  const listener = await listenAlone(way.path, directory, instanceUuid, ofInstance).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  try {
    // Whoever found nobody before the socket was there has kept its event, or will see the socket when it has.
    for (const event of await takeKeptEvents(instanceUuid, { directory, clock, keepMs })) events.deliver(event);
  } catch (error) {
    await close(listener);
    throw error;
  }
  return { [Symbol.asyncDispose]: () => close(listener) };
}

/**
 * Removes kept events that have expired, which the next event would do as well; answers the names of their files. With
 * `dryRun` nothing is removed. Throws what the file system says.
 */
export async function removeExpiredEvents(
  options: EventPostOptions & { readonly dryRun?: boolean | undefined },
): Promise<readonly string[]> {
  const { directory, clock = systemClock, keepMs = KEEP_MS, dryRun = false, signal } = options;
  signal?.throwIfAborted();
  return removeExpired({ directory, clock, keepMs }, { dryRun });
}

/**
 * Tells an event to the process that listens for its instance, or keeps it for the next one. Throws
 * {@link DomainRuntimeError} `INVALID_EVENT`, `PERMISSION_DENIED`, what the file system says, or the signal's reason.
 */
export async function postEvent(given: InstanceEvent, options: EventPostOptions): Promise<PostOutcome> {
  const { directory, clock = systemClock, keepMs = KEEP_MS, signal } = options;
  const event = parseInstanceEvent(given);
  const heard = await offerEvent(event, { directory, signal });
  if (heard) return outcomeOf(heard);
  await keepEvent(event, { directory, clock, keepMs });
  // Whoever began to listen in between may have looked for kept events a moment too early.
  const late = await offerEvent(event, { directory, signal });
  if (!late) return 'kept';
  await forgetKeptEvent(event, { directory });
  return outcomeOf(late);
}

/** Removes what a process that died left for an instance: its socket, and events that are kept. Idempotent. */
export async function clearEventPost(
  instanceUuid: string,
  { directory }: Pick<EventPostOptions, 'directory'>,
): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const ours = names.filter((name) => name.startsWith(`${instanceUuid}.`));
  await Promise.all(ours.map((name) => rm(join(directory, name), { force: true })));
}

/** A socket that a dead process left takes no connection, and stands in the way. */
async function listenAlone(
  path: string,
  directory: string,
  instanceUuid: string,
  take: (event: InstanceEvent) => boolean,
) {
  try {
    return await listenForEvents(path, take);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const probe = { instanceUuid, name: 'is-anybody-there', status: 'completed' };
    if (await offerEvent(probe, { directory })) throw busy(directory, instanceUuid, error);
    await rm(join(directory, socketName(instanceUuid)), { force: true });
    return listenForEvents(path, take);
  }
}

function busy(directory: string, instanceUuid: string, cause: unknown): DomainRuntimeError {
  return new DomainRuntimeError('EVENTS_BUSY', `Another process takes the events of instance ${instanceUuid}`, {
    cause,
    fix: 'Only one process can start an instance; wait for it, or end it.',
    context: { directory, instanceUuid },
  });
}

function outcomeOf({ awaited }: { readonly awaited: boolean }): PostOutcome {
  return awaited ? 'awaited' : 'unawaited';
}

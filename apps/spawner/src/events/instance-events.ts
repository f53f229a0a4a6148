import { type InstanceEvent, postEvent, type PostOutcome, receiveEvents } from '@spawnkit/domain-runtime';
import type { Rollback } from '@spawnkit/effects';
import { act } from '../spawn/acts.ts';
import type { Host } from '../host.ts';
import { makePassable } from '../instance/instance-path.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes the events of an instance from other processes, those that came early first, until it is left. What a killed process
 * leaves of it stands in the journal.
 */
export async function takeInstanceEvents(
  host: Host,
  rollback: Rollback,
  instanceUuid: string,
  { signal }: Options,
): Promise<AsyncDisposable> {
  const { events, clock, paths } = host;
  const options = { directory: paths.events, clock, instanceUuid, events, signal };
  return act(rollback, 'event-post', { uuid: instanceUuid }, () => receiveEvents(options));
}

/**
 * Sends an event to the process that waits for it, or keeps it for the next one. Throws what `postEvent` of
 * `@spawnkit/domain-runtime` throws.
 */
export async function sendInstanceEvent(
  { paths, clock }: Host,
  event: InstanceEvent,
  { signal }: Options = {},
): Promise<PostOutcome> {
  // Before the directory below it, which is nobody else's business and would close it.
  await makePassable(paths.state);
  return postEvent(event, { directory: paths.events, clock, signal });
}

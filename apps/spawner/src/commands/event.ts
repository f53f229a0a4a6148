import type { PostOutcome } from '@spawnkit/domain-runtime';
import type { CliContext } from '../cli-context.ts';
import { openHost } from '../host.ts';
import { sendInstanceEvent } from '../events/instance-events.ts';
import { findInstance } from '../instance/inventory.ts';

export interface EventFlags {
  readonly tag?: string;
  readonly status?: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `spawner event`: tells the spawn that waits for it what another service has done, or keeps that for the next one. */
export async function sendEvent(
  cli: CliContext,
  wanted: string,
  name: string,
  { tag, status = 'completed' }: EventFlags,
): Promise<void> {
  await using host = openHost(cli);
  // An event may come before anybody here has heard of its instance.
  const instanceUuid = UUID.test(wanted) ? wanted.toLowerCase() : (await findInstance(host, wanted)).uuid;
  const event = { instanceUuid, name, ...(tag === undefined ? {} : { tag }), status };
  const outcome = await sendInstanceEvent(host, event, { signal: cli.signal });
  cli.print({ ...event, outcome }, `${name}${tag === undefined ? '' : ` of ${tag}`}: ${texts[outcome]}`);
}

const texts: Readonly<Record<PostOutcome, string>> = {
  awaited: 'taken by the spawn that waited for it',
  unawaited: 'heard by the spawn of this instance, which does not wait for it',
  kept: 'nobody listens yet; kept for 5 minutes',
};

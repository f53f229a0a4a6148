import { type Connection, type EventGap, NotFoundError } from '@spawnkit/libvirt';
import { domainState, isOver } from './observe.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Saves the memory of a domain and stops it; `launchDomain` goes on from there. Idempotent: of a domain that does not run,
 * what was saved stays saved. Answers whether there is something saved. An abort counts before the call and after it: the
 * daemon saves whether somebody waits or not. Follows virDomainManagedSave; throws libvirt's errors.
 */
export async function saveDomain(conn: Connection<EventGap>, uuid: string, { signal }: Options = {}): Promise<boolean> {
  const domain = await conn.domains.byUuid(uuid, { signal });
  if (!isOver(await domainState(conn, uuid, { signal }))) await domain.managedSave.create();
  signal?.throwIfAborted();
  return domain.managedSave.exists({ signal });
}

/** The inverse of {@link saveDomain} for one that will start anew. Idempotent. */
export async function forgetSavedState(
  conn: Connection<EventGap>,
  uuid: string,
  { signal }: Options = {},
): Promise<void> {
  try {
    const domain = await conn.domains.byUuid(uuid, { signal });
    if (await domain.managedSave.exists({ signal })) await domain.managedSave.remove({ signal });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

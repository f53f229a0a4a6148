import { type Connection, type Domain, type DomainStatus, type EventGap, NotFoundError } from '@spawnkit/libvirt';

/** What the daemon says of a domain: its state, and libvirt's reason for it. */
export type Observation = DomainStatus | { readonly state: 'ABSENT'; readonly reason: 'UNDEFINED' };

const absent: Observation = { state: 'ABSENT', reason: 'UNDEFINED' };

/** The domain's state; `ABSENT` where libvirt knows none of that UUID (any more). */
export async function observe(domain: Domain, signal: AbortSignal | undefined): Promise<Observation> {
  return unlessAbsent(() => domain.state({ signal }));
}

/** State and reason of a domain; `ABSENT` where the daemon knows none of that UUID. Throws libvirt's errors. */
export async function domainState(
  conn: Connection<EventGap>,
  uuid: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Observation> {
  return observerOf(conn, uuid)(signal);
}

/** As {@link observe}, by UUID: the domain is looked up when it is first seen, which may be later than the first look. */
export function observerOf(
  conn: Connection<EventGap>,
  uuid: string,
): (signal: AbortSignal | undefined) => Promise<Observation> {
  let domain: Domain | undefined;
  return (signal) =>
    unlessAbsent(async () => {
      domain ??= await conn.domains.byUuid(uuid, { signal });
      return domain.state({ signal });
    });
}

/** Whether no processor of the domain will run again unless somebody starts it. */
export function isOver({ state }: Observation): boolean {
  return state === 'SHUTOFF' || state === 'CRASHED' || state === 'ABSENT';
}

async function unlessAbsent(ask: () => Promise<DomainStatus>): Promise<Observation> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NotFoundError) return absent;
    throw error;
  }
}

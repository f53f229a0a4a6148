import { type Connection, type EventGap, isGap } from '@spawnkit/libvirt';
import { DomainRuntimeError } from './errors.ts';
import { inTime } from './in-time.ts';

const LEAVE_TIMEOUT_MS = 5000;

/** The moments at which a domain's lifecycle changed, or may have. Leaving its scope deregisters at the daemon. */
export interface LifecycleChanges extends AsyncDisposable {
  /** Resolves at the next change from now on. Rejects when no more can come: the connection is lost, or this was left. */
  next(): Promise<void>;
}

/** Registers for the lifecycle events of one domain; none that comes after this has resolved is missed. */
export async function followDomain(
  conn: Connection<EventGap>,
  uuid: string,
  { signal }: { readonly signal: AbortSignal | undefined },
): Promise<LifecycleChanges> {
  // The daemon selects by UUID; of a domain that is not there yet there is nothing else.
  const events = await conn.events.domain('lifecycle', { domain: { name: uuid, uuid, id: undefined }, signal });
  let upcoming = quietly(Promise.withResolvers<void>());

  async function follow(): Promise<never> {
    for await (const event of events) {
      // What happened while there was no connection is a change that nobody saw.
      if (!isGap(event) && event.domain.uuid !== uuid.toLowerCase()) continue;
      const { resolve } = upcoming;
      upcoming = quietly(Promise.withResolvers<void>());
      resolve();
    }
    throw new DomainRuntimeError('EVENTS_CLOSED', `The watch of domain ${uuid} has ended`, { context: { uuid } });
  }
  // Stays rejected: whoever asks later is told the same.
  const following = follow().catch((error: unknown) => upcoming.reject(error));

  return {
    next: () => upcoming.promise,
    async [Symbol.asyncDispose]() {
      const leave = async () => {
        await events[Symbol.asyncDispose]();
        await following;
      };
      await inTime('end a subscription', leave(), { timeoutMs: LEAVE_TIMEOUT_MS }).catch(unlessLate);
    },
  };
}

/** A daemon that does not answer forgets the subscription with the connection; whoever leaves has what it wanted. */
function unlessLate(error: unknown): void {
  if (!(error instanceof DomainRuntimeError && error.code === 'CALL_TIMEOUT')) throw error;
}

/** Nobody has to be waiting when it rejects. */
function quietly<T>(settlers: PromiseWithResolvers<T>): PromiseWithResolvers<T> {
  settlers.promise.catch(() => {});
  return settlers;
}

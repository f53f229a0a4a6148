import type { EventIdSpace } from '../client/procedure.ts';
import type { EventListener, EventRouter } from './event-router.ts';

/** How to register for one kind of event of one object, or of all. */
export interface Registration {
  /** Equal for those that the daemon takes for the same: kind and object. */
  readonly key: string;
  readonly idSpace: EventIdSpace;
  readonly register: () => Promise<number>;
  readonly deregister: (callbackId: number) => Promise<unknown>;
}

/**
 * Shares registrations: a daemon refuses a second one of the same kind and object from the same connection ("event
 * callback already tracked"), so all that want it are served from one, which ends with the last of them.
 */
export interface EventHub {
  /** Resolves when the daemon has registered. Rejects as `register` does. */
  join(registration: Registration, listener: EventListener): Promise<void>;
  /** For those whose `join` has resolved. Resolves when the daemon has deregistered, if this was the last one. */
  leave(registration: Registration, listener: EventListener): Promise<void>;
}

interface Shared {
  readonly listeners: Set<EventListener>;
  readonly joined: Promise<number>;
  leaving?: Promise<void>;
}

export function eventHub(router: EventRouter): EventHub {
  const shared = new Map<string, Shared>();

  const open = ({ key, idSpace, register }: Registration): Shared => {
    const listeners = new Set<EventListener>();
    const all: EventListener = {
      deliver: (payload) => each(listeners, (one) => one.deliver(payload)),
      end: (error) => each(listeners, (one) => one.end(error)),
    };
    const joined = router.join(idSpace, register, all).catch((error: unknown) => {
      shared.delete(key);
      throw error;
    });
    return { listeners, joined };
  };
  const close = async (one: Shared, { key, idSpace, deregister }: Registration) => {
    const id = await one.joined;
    try {
      await router.leave(idSpace, id, () => deregister(id));
    } finally {
      shared.delete(key);
    }
  };

  return {
    async join(registration, listener) {
      let one = shared.get(registration.key);
      // The daemon keeps no order among calls: a registration may overtake the deregistration before it.
      for (; one?.leaving; one = shared.get(registration.key)) await one.leaving.catch(() => {});
      one ??= open(registration);
      shared.set(registration.key, one);
      one.listeners.add(listener);
      await one.joined;
    },
    async leave(registration, listener) {
      const one = shared.get(registration.key);
      if (!one?.listeners.delete(listener) || one.listeners.size > 0) return;
      one.leaving = close(one, registration);
      await one.leaving;
    },
  };
}

function each(listeners: Set<EventListener>, act: (listener: EventListener) => void): void {
  for (const listener of listeners) act(listener);
}

import type { Renewal, RpcClient } from '../client/rpc-client.ts';
import { ConnectionLostError } from '../errors.ts';
import type { EventListener, EventRouter, RoutedSpace } from './event-router.ts';

/** How to register for one kind of event of one object, or of all. */
export interface Registration {
  /** Equal for those that the daemon takes for the same: kind and object. */
  readonly key: string;
  readonly idSpace: RoutedSpace;
  /** `session`: the socket that the registration lives with. */
  readonly register: (session: RpcClient) => Promise<number>;
  readonly deregister: (session: RpcClient, callbackId: number) => Promise<unknown>;
}

/** Who gets the events of a registration. No method may throw. */
export interface HubListener extends EventListener {
  /** Here events are missing: the connection was lost, and the registration is renewed. */
  gap(): void;
}

/**
 * Shares registrations: a daemon refuses a second one of the same kind and object from the same connection ("event
 * callback already tracked"), so all that want it are served from one, which ends with the last of them.
 */
export interface EventHub extends Renewal {
  /** Resolves when the daemon has registered. Rejects as `register` does. */
  join(registration: Registration, listener: HubListener): Promise<void>;
  /** For those whose `join` has resolved. Resolves when the daemon has deregistered, if this was the last one. */
  leave(registration: Registration, listener: HubListener): Promise<void>;
}

/** A registration as one daemon knows it. */
interface Known {
  readonly id: number;
  readonly session: RpcClient;
}

interface Shared {
  readonly registration: Registration;
  readonly listeners: Set<HubListener>;
  joined: Promise<Known>;
  /** The first registration has succeeded. */
  settled: boolean;
  leaving?: Promise<void>;
}

/** Shares the registrations of a client, which may have several sockets one after the other. */
export function eventHub(router: EventRouter, client: RpcClient): EventHub {
  const shared = new Map<string, Shared>();

  const open = (registration: Registration): Shared => {
    const listeners = new Set<HubListener>();
    const joined = (async () => {
      const session = (await client.session?.()) ?? client;
      return register(router, { registration, listeners }, session);
    })();
    const one: Shared = { registration, listeners, joined, settled: false };
    joined.then(
      () => (one.settled = true),
      () => shared.delete(registration.key),
    );
    return one;
  };
  const close = async (one: Shared) => {
    const { key, idSpace, deregister } = one.registration;
    try {
      const { id, session } = await one.joined;
      await router.leave(idSpace, id, () => deregister(session, id));
    } finally {
      shared.delete(key);
    }
  };
  const renew = async (one: Shared, session: RpcClient) => {
    const before = one.joined;
    one.joined = register(router, one, session, () => each(one.listeners, (listener) => listener.gap()));
    try {
      await one.joined;
    } catch (error) {
      one.joined = before;
      // Lost again: the next connection brings the next attempt.
      if (error instanceof ConnectionLostError) return;
      shared.delete(one.registration.key);
      each(one.listeners, (listener) => listener.end(error as Error));
    }
  };
  // `closed` never rejects.
  void client.closed.then((reason) => {
    const error = reason && asLost(reason);
    for (const { listeners } of shared.values()) each(listeners, (listener) => listener.end(error));
  });

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
      one.leaving = close(one);
      await one.leaving;
    },
    lost: () => router.reset(),
    async renewed(session) {
      const known = [...shared.values()].filter(({ settled, leaving }) => settled && !leaving);
      await Promise.all(known.map((one) => renew(one, session)));
    },
  };
}

async function register(
  router: EventRouter,
  { registration, listeners }: Pick<Shared, 'registration' | 'listeners'>,
  session: RpcClient,
  registered: () => void = () => {},
): Promise<Known> {
  const all: EventListener = {
    deliver: (payload) => each(listeners, (one) => one.deliver(payload)),
    end: (error) => each(listeners, (one) => one.end(error)),
  };
  // Called before the events that overtook the reply are delivered.
  const ask = async () => {
    const id = await registration.register(session);
    registered();
    return id;
  };
  return { id: await router.join(registration.idSpace, ask, all), session };
}

function each(listeners: Set<HubListener>, act: (listener: HubListener) => void): void {
  for (const listener of listeners) act(listener);
}

function asLost(reason: Error): ConnectionLostError {
  if (reason instanceof ConnectionLostError) return reason;
  return new ConnectionLostError('LOST', `The connection was lost: ${reason.message}`, { cause: reason });
}

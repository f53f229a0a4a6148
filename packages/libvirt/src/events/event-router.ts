import type { EventIdSpace, EventMessage } from '../client/procedure.ts';
import type { RpcClient } from '../client/rpc-client.ts';
import { ConnectionLostError } from '../errors.ts';
import { EventsLostError } from './events-lost-error.ts';

/** Who gets the messages of one registration. Neither method may throw: they run in the connection's reader. */
export interface EventListener {
  deliver(payload: Uint8Array): void;
  /** No more will come: `ConnectionLostError` unless the connection was closed on this side, or `EventsLostError`. */
  end(error?: Error): void;
}

/** Brings each event message to the registration whose callback id it carries. */
export interface EventRouter {
  /**
   * Registers and answers the callback id. The listener gets every message of that id, from those that overtook the
   * reply on, until it leaves. Rejects as `register` does.
   */
  join(idSpace: EventIdSpace, register: () => Promise<number>, listener: EventListener): Promise<number>;
  /** Messages of this id are dropped from now on; `deregister` tells the server. Rejects as `deregister` does. */
  leave(idSpace: EventIdSpace, callbackId: number, deregister: () => Promise<unknown>): Promise<void>;
}

/** Messages of one id space that may wait for the replies of registrations. */
const PARKED_LIMIT = 4096;

interface Space {
  readonly listeners: Map<number, EventListener>;
  registering: number;
  parked: { readonly id: number; readonly payload: Uint8Array }[];
  overflowed: boolean;
}

const nobody: EventListener = { deliver() {}, end() {} };

/** Routes the client's event messages; a client has one router. Messages without a callback id are dropped. */
export function eventRouter(
  client: Pick<RpcClient, 'onEvent' | 'closed'>,
  events: Iterable<Pick<EventMessage<unknown>, 'program' | 'number' | 'idSpace' | 'body'>>,
): EventRouter {
  const spaces = new Map<EventIdSpace, Space>();
  const spaceOf = new Map<string, Space>();
  for (const { program, number, idSpace, body } of events) {
    if (idSpace === undefined || body === 'bare') continue;
    const space = spaces.get(idSpace) ?? { listeners: new Map(), registering: 0, parked: [], overflowed: false };
    spaces.set(idSpace, space);
    spaceOf.set(`${program}/${number}`, space);
  }

  client.onEvent(({ program, procedure, payload }) => {
    const space = spaceOf.get(`${program}/${procedure}`);
    if (space && payload.length >= 4) route(space, payload);
  });
  // `closed` never rejects.
  void client.closed.then((reason) => {
    const error = reason && asLost(reason);
    for (const { listeners } of spaces.values()) for (const listener of listeners.values()) listener.end(error);
  });

  const find = (idSpace: EventIdSpace) => {
    const space = spaces.get(idSpace);
    if (!space) throw new TypeError(`No event message belongs to the id space "${idSpace}"`);
    return space;
  };
  return {
    join: (idSpace, register, listener) => join(find(idSpace), register, listener),
    leave: (idSpace, callbackId, deregister) => leave(find(idSpace), callbackId, deregister),
  };
}

async function join(space: Space, register: () => Promise<number>, listener: EventListener): Promise<number> {
  space.registering++;
  try {
    const id = await register();
    space.listeners.set(id, listener);
    for (const early of space.parked) if (early.id === id) listener.deliver(early.payload);
    space.parked = space.parked.filter((early) => early.id !== id);
    if (space.overflowed) listener.end(new EventsLostError(PARKED_LIMIT));
    return id;
  } finally {
    if (--space.registering === 0) {
      space.parked = [];
      space.overflowed = false;
    }
  }
}

async function leave(space: Space, callbackId: number, deregister: () => Promise<unknown>): Promise<void> {
  // Known until the server has answered, so that messages under way are not kept for a registration under way.
  space.listeners.set(callbackId, nobody);
  try {
    await deregister();
  } finally {
    space.listeners.delete(callbackId);
  }
}

function asLost(reason: Error): ConnectionLostError {
  if (reason instanceof ConnectionLostError) return reason;
  return new ConnectionLostError('LOST', `The connection was lost: ${reason.message}`, { cause: reason });
}

function route(space: Space, payload: Uint8Array): void {
  const id = callbackIdOf(payload);
  const listener = space.listeners.get(id);
  if (listener) listener.deliver(payload);
  else if (space.registering > 0) park(space, id, payload);
}

/** Every callback-style message begins with its callback id. */
function callbackIdOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getInt32(0);
}

// An event may overtake the reply to its own registration. A copy, because the payload is a part of a larger read.
function park(space: Space, id: number, payload: Uint8Array): void {
  if (space.parked.length < PARKED_LIMIT) space.parked.push({ id, payload: payload.slice() });
  else space.overflowed = true;
}

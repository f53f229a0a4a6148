import type { EventIdSpace, EventMessage } from '../client/procedure.ts';
import type { RpcClient } from '../client/rpc-client.ts';
import { EventsLostError } from './events-lost-error.ts';

/** Drivers count callback ids, each its own; the close message has none, and a space of its own. */
export type RoutedSpace = EventIdSpace | 'connection';

/** The id of what has none. */
export const NO_ID = -1;

/** Who gets the messages of one registration. Neither method may throw: they run in the connection's reader. */
export interface EventListener {
  deliver(payload: Uint8Array): void;
  /** No more will come: `EventsLostError`, or the end of the connection, undefined when it was closed on this side. */
  end(error?: Error): void;
}

/** Brings each event message to the registration whose callback id it carries. */
export interface EventRouter {
  /**
   * Registers and answers the callback id. The listener gets every message of that id, from those that overtook the
   * reply on, until it leaves. Rejects as `register` does.
   */
  join(idSpace: RoutedSpace, register: () => Promise<number>, listener: EventListener): Promise<number>;
  /** Messages of this id are dropped from now on; `deregister` tells the server. Rejects as `deregister` does. */
  leave(idSpace: RoutedSpace, callbackId: number, deregister: () => Promise<unknown>): Promise<void>;
  /** The server has forgotten everybody: its ids mean nothing any more. */
  reset(): void;
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

type Routed = Pick<EventMessage<unknown>, 'program' | 'number' | 'object' | 'idSpace' | 'body'>;

/** Routes the client's event messages; a client has one router. Legacy messages without a callback id are dropped. */
export function eventRouter(client: Pick<RpcClient, 'onEvent'>, events: Iterable<Routed>): EventRouter {
  const spaces = new Map<RoutedSpace, Space>();
  const spaceOf = new Map<string, Space>();
  for (const event of events) {
    const { program, number } = event;
    const idSpace = spaceFor(event);
    if (idSpace === undefined) continue;
    const space = spaces.get(idSpace) ?? { listeners: new Map(), registering: 0, parked: [], overflowed: false };
    spaces.set(idSpace, space);
    spaceOf.set(`${program}/${number}`, space);
  }

  client.onEvent(({ program, procedure, payload }) => {
    const space = spaceOf.get(`${program}/${procedure}`);
    if (space && payload.length >= 4)
      route(space, space === spaces.get('connection') ? NO_ID : callbackIdOf(payload), payload);
  });
  const find = (idSpace: RoutedSpace) => {
    const space = spaces.get(idSpace);
    if (!space) throw new TypeError(`No event message belongs to the id space "${idSpace}"`);
    return space;
  };
  return {
    join: (idSpace, register, listener) => join(find(idSpace), register, listener),
    leave: (idSpace, callbackId, deregister) => leave(find(idSpace), callbackId, deregister),
    reset() {
      for (const space of spaces.values()) {
        space.listeners.clear();
        space.parked = [];
      }
    },
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

function spaceFor({ object, idSpace, body }: Routed): RoutedSpace | undefined {
  if (object === 'connection') return 'connection';
  return body === 'bare' ? undefined : idSpace;
}

function route(space: Space, id: number, payload: Uint8Array): void {
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

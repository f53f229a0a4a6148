import type { EventIdSpace, Procedure } from '../client/procedure.ts';
import type { RpcClient } from '../client/rpc-client.ts';
import { ConnectionLostError } from '../errors.ts';
import { ConnectCloseReason, ConnectDomainQemuMonitorEventRegisterFlags } from '../generated/enums.gen.ts';
import {
  connectEventConnectionClosed,
  domainEvents,
  eventClasses,
  networkEvents,
  nodeDeviceEvents,
  qemuMonitorEvents,
  secretEvents,
  storagePoolEvents,
} from '../generated/events.gen.ts';
import { connectRegisterCloseCallback, connectUnregisterCloseCallback } from '../generated/procedures.gen.ts';
import type { Log } from '../log.ts';
import { domainHandle } from '../objects/domain-ref.ts';
import { flagBits } from '../objects/flags.ts';
import { type NameOf, nameOf } from '../objects/names.ts';
import { namedHandle, secretHandle } from '../objects/refs.ts';
import { uuidText } from '../objects/uuid.ts';
import { type DomainEvents, domainEventShapes } from './domain-event-shapes.ts';
import { type EventGap, isGap } from './event-gap.ts';
import { type EventHub, eventHub, type Registration } from './event-hub.ts';
import type { EventKinds, EventOptions, QemuMonitorEventOptions } from './event-kinds.ts';
import { eventRouter, NO_ID } from './event-router.ts';
import {
  type NetworkEvents,
  type NodeDeviceEvents,
  networkEventShapes,
  nodeDeviceEventShapes,
  type QemuMonitorEvent,
  qemuMonitorEventShapes,
  type SecretEvents,
  type StoragePoolEvents,
  secretEventShapes,
  storagePoolEventShapes,
} from './object-event-shapes.ts';
import { type EventStream, type SubscribeOptions, subscribe, type WireEvent } from './subscribe.ts';

/** What one subscription is made of. */
interface Source<Args> {
  readonly of: {
    readonly idSpace: EventIdSpace;
    readonly register: Procedure<Args, { readonly callbackID: number }>;
    readonly deregister: Procedure<{ readonly callbackID: number }, undefined>;
  };
  readonly args: Args;
  /** Which object it is about, so that equal registrations are found equal. */
  readonly about: string | undefined;
  readonly message: WireEvent;
  readonly shape: (body: never) => object;
}

/** What one subscription is made of, once it is known how to register. */
interface Joined<Event> {
  readonly registration: Registration;
  readonly message: WireEvent;
  readonly shape: (body: never) => Event;
}

/** The daemon has lost the hypervisor or daemon behind it, and why. */
export interface UpstreamClosedEvent {
  readonly reason: NameOf<typeof ConnectCloseReason>;
}

/**
 * Events of a connection. Each method registers at the daemon and answers when it has: what happens afterwards is seen,
 * so subscribe first and act then. Throws what `RpcClient.call` throws; a daemon that does not know the kind, or a
 * driver without such events, says so. `Gap` is `never` unless the connection is renewed when it is lost.
 */
export class Events<Gap extends EventGap = never> {
  readonly #hub: EventHub;
  readonly #log: Log;

  /** It is `conn.events`. */
  constructor(client: RpcClient, log: Log) {
    this.#log = log;
    const kinds = [domainEvents, networkEvents, storagePoolEvents, nodeDeviceEvents, secretEvents, qemuMonitorEvents];
    const messages = kinds.flatMap((one) => Object.values<WireEvent>(one));
    const router = eventRouter(client, [...messages, connectEventConnectionClosed]);
    this.#hub = eventHub(router, client);
    client.onRenewal?.(this.#hub);
  }

  async domain<Kind extends keyof DomainEvents>(
    kind: Kind,
    options: EventOptions<'domain'> = {},
  ): Promise<EventStream<DomainEvents[Kind] | Gap>> {
    const message = domainEvents[kind];
    const dom = options.domain && domainHandle(options.domain);
    return this.#subscribe(options, {
      of: eventClasses.domain,
      args: { eventID: idOf(message), dom },
      about: dom && uuidText(dom.uuid),
      message,
      shape: domainEventShapes[kind],
    });
  }

  async network<Kind extends keyof NetworkEvents>(
    kind: Kind,
    options: EventOptions<'network'> = {},
  ): Promise<EventStream<NetworkEvents[Kind] | Gap>> {
    const message = networkEvents[kind];
    const net = options.network && namedHandle(options.network);
    return this.#subscribe(options, {
      of: eventClasses.network,
      args: { eventID: idOf(message), net },
      about: net && uuidText(net.uuid),
      message,
      shape: networkEventShapes[kind],
    });
  }

  async storagePool<Kind extends keyof StoragePoolEvents>(
    kind: Kind,
    options: EventOptions<'storagePool'> = {},
  ): Promise<EventStream<StoragePoolEvents[Kind] | Gap>> {
    const message = storagePoolEvents[kind];
    const pool = options.pool && namedHandle(options.pool);
    return this.#subscribe(options, {
      of: eventClasses.storagePool,
      args: { eventID: idOf(message), pool },
      about: pool && uuidText(pool.uuid),
      message,
      shape: storagePoolEventShapes[kind],
    });
  }

  async nodeDevice<Kind extends keyof NodeDeviceEvents>(
    kind: Kind,
    options: EventOptions<'nodeDevice'> = {},
  ): Promise<EventStream<NodeDeviceEvents[Kind] | Gap>> {
    const message = nodeDeviceEvents[kind];
    const { device } = options;
    return this.#subscribe(options, {
      of: eventClasses.nodeDevice,
      args: { eventID: idOf(message), dev: device === undefined ? undefined : { name: device } },
      about: device,
      message,
      shape: nodeDeviceEventShapes[kind],
    });
  }

  async secret<Kind extends keyof SecretEvents>(
    kind: Kind,
    options: EventOptions<'secret'> = {},
  ): Promise<EventStream<SecretEvents[Kind] | Gap>> {
    const message = secretEvents[kind];
    const secret = options.secret && secretHandle(options.secret);
    return this.#subscribe(options, {
      of: eventClasses.secret,
      args: { eventID: idOf(message), secret },
      about: secret && uuidText(secret.uuid),
      message,
      shape: secretEventShapes[kind],
    });
  }

  /** What QEMU itself reports. For diagnosis: libvirt promises nothing about these events. */
  async qemuMonitor(options: QemuMonitorEventOptions = {}): Promise<EventStream<QemuMonitorEvent | Gap>> {
    const { domain, event } = options;
    const flags = flagBits(ConnectDomainQemuMonitorEventRegisterFlags, options.flags);
    const dom = domain && domainHandle(domain);
    return this.#subscribe(options, {
      of: eventClasses.qemuMonitor,
      args: { dom, event, flags },
      about: JSON.stringify([dom && uuidText(dom.uuid), event, flags]),
      message: qemuMonitorEvents.monitor,
      shape: qemuMonitorEventShapes.monitor,
    });
  }

  /**
   * The loss of the daemon's own connection to the hypervisor, where its driver has one; not of this connection, which
   * `conn.closed` tells.
   */
  async upstreamClosed(options: SubscribeOptions = {}): Promise<EventStream<UpstreamClosedEvent | Gap>> {
    return this.#join(options, {
      registration: {
        key: connectEventConnectionClosed.name,
        idSpace: 'connection',
        async register(session) {
          await session.call(connectRegisterCloseCallback, undefined);
          return NO_ID;
        },
        deregister: (session) => session.call(connectUnregisterCloseCallback, undefined),
      },
      message: connectEventConnectionClosed,
      shape: (body: { readonly reason: number }) => ({ reason: nameOf(ConnectCloseReason, body.reason) }),
    });
  }

  /**
   * The next event that `where` accepts, or the next one at all. It is armed only when the daemon has answered, which
   * nobody sees from outside: to act and then wait, subscribe, act, and iterate. Throws {@link ConnectionLostError},
   * too, and even when the connection was renewed: the event may have come in between.
   */
  async once<Of extends keyof EventKinds, Kind extends keyof EventKinds[Of]>(
    object: Of,
    kind: Kind,
    options: EventOptions<Of> & { readonly where?: (event: EventKinds[Of][Kind]) => boolean } = {},
  ): Promise<EventKinds[Of][Kind]> {
    // Each method takes the kinds and options of its own object, which the compiler cannot see through the union.
    const open = this[object].bind(this) as unknown as (
      kind: Kind,
      options: EventOptions<Of>,
    ) => Promise<EventStream<EventKinds[Of][Kind] | EventGap>>;
    await using events = await open(kind, options);
    for await (const event of events) {
      if (isGap(event)) throw missed(object);
      if (options.where?.(event) ?? true) return event;
    }
    throw new ConnectionLostError('CLOSED', `The connection was closed while a ${object} event was awaited`);
  }

  #subscribe<Event extends object, Args>(
    options: SubscribeOptions,
    source: Source<Args>,
  ): Promise<EventStream<Event | Gap>> {
    const { of, args, about = '', message, shape } = source;
    const registration: Registration = {
      key: `${message.name} ${about}`,
      idSpace: of.idSpace,
      register: async (session) => (await session.call(of.register, args)).callbackID,
      deregister: (session, callbackID) => session.call(of.deregister, { callbackID }),
    };
    // Message and shape stand under the same key of tables that are checked against each other.
    return this.#join(options, { registration, message, shape: shape as (body: never) => Event });
  }

  async #join<Event extends object>(
    options: SubscribeOptions,
    { registration, message, shape }: Joined<Event>,
  ): Promise<EventStream<Event | Gap>> {
    const onStray = (error: unknown) => this.#stray(message.name, error);
    const read = shape as (body: unknown) => Event;
    const stream = await subscribe({ hub: this.#hub, registration, message, shape: read, onStray }, options);
    // Only a client that reconnects has gaps.
    return stream as EventStream<Event | Gap>;
  }

  // Whoever left the subscription has what they wanted; the daemon forgets it with the connection at the latest.
  #stray(event: string, error: unknown): void {
    if (error instanceof ConnectionLostError) return;
    this.#log.warn('A subscription to events was not released cleanly', { event, error });
  }
}

function missed(object: string): ConnectionLostError {
  const message = `The connection was lost and renewed while a ${object} event was awaited, which may have come in between`;
  return new ConnectionLostError('LOST', message);
}

function idOf({ id, name }: { readonly id: number | undefined; readonly name: string }): number {
  if (id === undefined) throw new TypeError(`${name} is not registered for by number`);
  return id;
}

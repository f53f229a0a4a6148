import type { EventMessage } from '../client/procedure.ts';
import {
  domainEvents,
  eventClasses,
  networkEvents,
  nodeDeviceEvents,
  qemuMonitorEvents,
  secretEvents,
  storagePoolEvents,
} from '../generated/events.gen.ts';
import type { ProcedureName } from '../procedure-name.ts';
import { DaemonError } from './daemon-error.ts';

/** The events that a fake daemon can emit, by object and kind. */
export const eventMessages = {
  domain: domainEvents,
  network: networkEvents,
  storagePool: storagePoolEvents,
  nodeDevice: nodeDeviceEvents,
  secret: secretEvents,
  qemuMonitor: qemuMonitorEvents,
} as const;

type Messages = typeof eventMessages;

/** An event as the daemon emits it: its message without the callback id, which each registration has its own of. */
export type EventBody<Of extends keyof Messages, Kind extends keyof Messages[Of]> =
  Messages[Of][Kind] extends EventMessage<infer Body> ? Omit<Body, 'callbackID'> : never;

/** Somebody who wants events. */
export interface Registration {
  readonly object: keyof Messages;
  /** libvirt's number of the kind of event; undefined for monitor events. */
  readonly eventID: number | undefined;
  readonly callbackID: number;
}

/**
 * The registrations of one client. As libvirt's drivers do it, ids are counted by id space, and a second registration
 * of the same kind and object is refused.
 */
export interface Registrations {
  readonly all: readonly Registration[];
  /** The answer when `name` registers or deregisters; undefined when it does neither. */
  answer(name: ProcedureName, args: unknown): object | undefined;
}

export function registrations(): Registrations {
  const all: (Registration & { readonly key: string })[] = [];
  const next = new Map<string, number>();
  const byCall = new Map<string, { readonly object: keyof Messages; readonly add: boolean }>();
  for (const object of Object.keys(eventMessages) as (keyof Messages)[]) {
    byCall.set(eventClasses[object].register.name, { object, add: true });
    byCall.set(eventClasses[object].deregister.name, { object, add: false });
  }

  const add = (object: keyof Messages, args: { readonly eventID?: number }) => {
    const { idSpace, filter } = eventClasses[object];
    const key = keyOf(object, args, filter);
    if (all.some((one) => one.key === key)) throw new DaemonError('INVALID_ARG', 'event callback already tracked');
    const callbackID = next.get(idSpace) ?? 0;
    next.set(idSpace, callbackID + 1);
    all.push({ object, eventID: args.eventID, callbackID, key });
    return { callbackID };
  };
  const remove = (object: keyof Messages, { callbackID }: { readonly callbackID?: number }) => {
    const at = all.findIndex((one) => one.object === object && one.callbackID === callbackID);
    if (at < 0) throw new Error(`could not find event callback ${callbackID} for deletion`);
    all.splice(at, 1);
    return {};
  };
  return {
    get all() {
      return all.map(({ object, eventID, callbackID }) => ({ object, eventID, callbackID }));
    },
    answer(name, args) {
      const call = byCall.get(name);
      if (!call) return undefined;
      return call.add ? add(call.object, args as object) : remove(call.object, args as object);
    },
  };
}

function keyOf(object: string, args: { readonly [name: string]: unknown }, filter: string): string {
  const about = args[filter] as { readonly uuid?: Uint8Array; readonly name?: string } | undefined;
  const identity = about?.uuid ? Buffer.from(about.uuid).toString('hex') : about?.name;
  return JSON.stringify([object, args['eventID'], identity, args['event'], args['flags']]);
}

import {
  NetworkEventLifecycleType,
  NetworkMetadataType,
  NodeDeviceEventLifecycleType,
  SecretEventLifecycleType,
  StoragePoolEventLifecycleType,
} from '../generated/enums.gen.ts';
import type {
  networkEvents,
  nodeDeviceEvents,
  qemuMonitorEvents,
  secretEvents,
  storagePoolEvents,
} from '../generated/events.gen.ts';
import { domainRef } from '../objects/domain-ref.ts';
import { nameOf } from '../objects/names.ts';
import { namedRef, secretRef } from '../objects/refs.ts';
import type { EventShapes, EventsOf } from './event-shapes.ts';

/** What callers see of each kind of network event. */
export const networkEventShapes = {
  lifecycle: ({ net, event }) => ({ network: namedRef(net), event: nameOf(NetworkEventLifecycleType, event) }),
  metadataChange: ({ net, type, nsuri }) => ({
    network: namedRef(net),
    type: nameOf(NetworkMetadataType, type),
    uri: nsuri,
  }),
} satisfies EventShapes<typeof networkEvents>;

/** What callers see of each kind of storage pool event. */
export const storagePoolEventShapes = {
  lifecycle: ({ pool, event }) => ({ pool: namedRef(pool), event: nameOf(StoragePoolEventLifecycleType, event) }),
  refresh: ({ pool }) => ({ pool: namedRef(pool) }),
} satisfies EventShapes<typeof storagePoolEvents>;

/** What callers see of each kind of node device event. */
export const nodeDeviceEventShapes = {
  lifecycle: ({ dev, event }) => ({ device: dev.name, event: nameOf(NodeDeviceEventLifecycleType, event) }),
  update: ({ dev }) => ({ device: dev.name }),
} satisfies EventShapes<typeof nodeDeviceEvents>;

/** What callers see of each kind of secret event. */
export const secretEventShapes = {
  lifecycle: ({ secret, event }) => ({ secret: secretRef(secret), event: nameOf(SecretEventLifecycleType, event) }),
  valueChanged: ({ secret }) => ({ secret: secretRef(secret) }),
} satisfies EventShapes<typeof secretEvents>;

/** What callers see of an event of a QEMU monitor; `details` is JSON, as QEMU wrote it. */
export const qemuMonitorEventShapes = {
  monitor: ({ dom, event, seconds, micros, details }) => ({
    domain: domainRef(dom),
    event,
    seconds,
    micros,
    details,
  }),
} satisfies EventShapes<typeof qemuMonitorEvents>;

/** Network events by kind. */
export type NetworkEvents = EventsOf<typeof networkEventShapes>;
/** Storage pool events by kind. */
export type StoragePoolEvents = EventsOf<typeof storagePoolEventShapes>;
/** Node device events by kind. */
export type NodeDeviceEvents = EventsOf<typeof nodeDeviceEventShapes>;
/** Secret events by kind. */
export type SecretEvents = EventsOf<typeof secretEventShapes>;
/** An event that a QEMU monitor sent. */
export type QemuMonitorEvent = EventsOf<typeof qemuMonitorEventShapes>['monitor'];

/**
 * Brings a guest to life and back: host facts, define, launch, wait by events, destroy, undefine; and a waiter for what
 * other services say about an instance.
 *
 * @packageDocumentation
 */
export { type ConnectHostOptions, connectHost } from './connect-host.ts';
export { defineDomain, undefineDomain } from './define.ts';
export {
  type AwaitedState,
  type DomainWatch,
  type UntilOptions,
  type WatchOptions,
  watchDomain,
} from './domain-watch.ts';
export { DomainRuntimeError, type DomainRuntimeErrorCode } from './errors.ts';
export { createEventWaiter, type EventWaiter, type EventWaiterOptions } from './event-waiter.ts';
export type { Expectation } from './expectation.ts';
export { type EventPolicy, type ExpectedEvent, eventsToExpect } from './expected-events.ts';
export { findEmulator } from './host/find-emulator.ts';
export type {
  FirmwareDescription,
  GuestArchitecture,
  HostFacts,
  HostNumaCell,
  LibvirtFacts,
  LocalFacts,
  MachineType,
} from './host/host-facts.ts';
export { type ReadHostOptions, readHost } from './host/read-host.ts';
export type { InstanceEvent } from './instance-event.ts';
export { destroyDomain, launchDomain, resumeDomain } from './launch.ts';
export { chooseVirtType, type VirtType, type VirtTypeChoice, type VirtTypeOptions } from './virt-type.ts';

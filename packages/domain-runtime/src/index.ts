/**
 * Brings a guest to life and back: host facts, define, launch, wait by events, destroy, undefine; and a waiter for what
 * other services say about an instance.
 *
 * @packageDocumentation
 */
export { type AfterBoot, instancesToResume, type WantedInstance } from './after-boot.ts';
export { type ConnectHostOptions, connectHost, type ReconnectingHostOptions } from './connect-host.ts';
export { lastConsoleLines } from './console-lines.ts';
export { defineDomain, undefineDomain, type UndefineOptions } from './define.ts';
export {
  type AwaitedState,
  type DomainWatch,
  type UntilOptions,
  type WatchOptions,
  watchDomain,
} from './domain-watch.ts';
export { DomainRuntimeError, type DomainRuntimeErrorCode } from './errors.ts';
export { createEventWaiter, type EventWaiter, type EventWaiterOptions } from './event-waiter.ts';
export type { Expectation, ExpectationOptions } from './expectation.ts';
export { type EventPolicy, type ExpectedEvent, eventsToExpect } from './expected-events.ts';
export {
  answerExternalEvents,
  type ExternalEventsAnswer,
  type ExternalEventsOptions,
  externalEventNames,
} from './external-events.ts';
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
export { type DeadlineOptions, withDeadline } from './in-time.ts';
export { type InstanceEvent, parseInstanceEvent } from './instance-event.ts';
export { destroyDomain, launchDomain, type LaunchOptions, resumeDomain } from './launch.ts';
export {
  type LxcRootOptions,
  type LxcRootSource,
  releaseLxcRoot,
  setUpLxcRoot,
  tearDownLxcRoot,
} from './lxc-root.ts';
export { domainState, type Observation } from './observe.ts';
export {
  clearEventPost,
  type EventPostOptions,
  postEvent,
  type PostOutcome,
  receiveEvents,
  type ReceiveOptions,
  removeExpiredEvents,
} from './post/event-post.ts';
export { forgetSavedState, saveDomain } from './saved-state.ts';
export { shutdownDomain, type ShutdownOptions, type ShutdownOutcome } from './shutdown.ts';
export { chooseVirtType, type VirtType, type VirtTypeChoice, type VirtTypeOptions } from './virt-type.ts';
export { createVtpmSecret, removeSecret, type VtpmSecret } from './vtpm-secret.ts';

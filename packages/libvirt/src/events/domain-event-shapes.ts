import {
  ConnectDomainEventAgentLifecycleReason,
  ConnectDomainEventAgentLifecycleState,
  ConnectDomainEventBlockJobStatus,
  ConnectDomainEventDiskChangeReason,
  DomainBlockJobType,
  DomainEventGraphicsAddressType,
  DomainEventGraphicsPhase,
  DomainEventIOErrorAction,
  DomainEventTrayChangeReason,
  DomainEventWatchdogAction,
  DomainMemoryFailureActionType,
  DomainMemoryFailureFlags,
  DomainMemoryFailureRecipientType,
  DomainMetadataType,
} from '../generated/enums.gen.ts';
import type { domainEvents } from '../generated/events.gen.ts';
import { domainRef } from '../objects/domain-ref.ts';
import { nameOf, namesOf } from '../objects/names.ts';
import { typedParams } from '../objects/typed-params.ts';
import type { EventShapes, EventsOf } from './event-shapes.ts';
import { domainLifecycle } from './lifecycle.ts';

/** What callers see of each kind of domain event (virDomainEventID). */
export const domainEventShapes = {
  lifecycle: ({ msg }) => domainLifecycle(msg),
  reboot: ({ msg }) => ({ domain: domainRef(msg.dom) }),
  rtcChange: ({ msg }) => ({ domain: domainRef(msg.dom), offsetSeconds: msg.offset }),
  watchdog: ({ msg }) => ({
    domain: domainRef(msg.dom),
    action: nameOf(DomainEventWatchdogAction, msg.action),
  }),
  ioError: ({ msg }) => ioError(msg),
  ioErrorReason: ({ msg }) => ({ ...ioError(msg), reason: msg.reason }),
  graphics: ({ msg }) => ({
    domain: domainRef(msg.dom),
    phase: nameOf(DomainEventGraphicsPhase, msg.phase),
    local: graphicsAddress(msg.local),
    remote: graphicsAddress(msg.remote),
    authScheme: msg.authScheme,
    subject: msg.subject,
  }),
  controlError: ({ msg }) => ({ domain: domainRef(msg.dom) }),
  blockJob: ({ msg }) => ({ domain: domainRef(msg.dom), path: msg.path, ...blockJob(msg) }),
  blockJob2: (msg) => ({ domain: domainRef(msg.dom), disk: msg.dst, ...blockJob(msg) }),
  diskChange: ({ msg }) => ({
    domain: domainRef(msg.dom),
    oldPath: msg.oldSrcPath,
    newPath: msg.newSrcPath,
    alias: msg.devAlias,
    reason: nameOf(ConnectDomainEventDiskChangeReason, msg.reason),
  }),
  trayChange: ({ msg }) => ({
    domain: domainRef(msg.dom),
    alias: msg.devAlias,
    reason: nameOf(DomainEventTrayChangeReason, msg.reason),
  }),
  pmwakeup: ({ msg }) => ({ domain: domainRef(msg.dom) }),
  pmsuspend: ({ msg }) => ({ domain: domainRef(msg.dom) }),
  pmsuspendDisk: ({ msg }) => ({ domain: domainRef(msg.dom) }),
  balloonChange: ({ msg }) => ({ domain: domainRef(msg.dom), actualKiB: msg.actual }),
  deviceAdded: ({ dom, devAlias }) => ({ domain: domainRef(dom), alias: devAlias }),
  deviceRemoved: ({ msg }) => ({ domain: domainRef(msg.dom), alias: msg.devAlias }),
  deviceRemovalFailed: ({ dom, devAlias }) => ({ domain: domainRef(dom), alias: devAlias }),
  tunable: ({ dom, params }) => ({ domain: domainRef(dom), params: typedParams(params) }),
  agentLifecycle: ({ dom, state, reason }) => ({
    domain: domainRef(dom),
    state: nameOf(ConnectDomainEventAgentLifecycleState, state),
    reason: nameOf(ConnectDomainEventAgentLifecycleReason, reason),
  }),
  migrationIteration: ({ dom, iteration }) => ({ domain: domainRef(dom), iteration }),
  jobCompleted: ({ dom, params }) => ({ domain: domainRef(dom), params: typedParams(params) }),
  metadataChange: ({ dom, type, nsuri }) => ({
    domain: domainRef(dom),
    type: nameOf(DomainMetadataType, type),
    uri: nsuri,
  }),
  blockThreshold: ({ dom, dev, path, threshold, excess }) => ({
    domain: domainRef(dom),
    device: dev,
    path,
    thresholdBytes: threshold,
    excessBytes: excess,
  }),
  memoryFailure: ({ dom, recipient, action, flags }) => ({
    domain: domainRef(dom),
    recipient: nameOf(DomainMemoryFailureRecipientType, recipient),
    action: nameOf(DomainMemoryFailureActionType, action),
    flags: namesOf(DomainMemoryFailureFlags, flags),
  }),
  // libvirt documents no unit of this size.
  memoryDeviceSizeChange: ({ dom, alias, size }) => ({ domain: domainRef(dom), alias, size }),
  nicMacChange: ({ dom, alias, oldMAC, newMAC }) => ({ domain: domainRef(dom), alias, oldMac: oldMAC, newMac: newMAC }),
} satisfies EventShapes<typeof domainEvents>;

/** Domain events by kind. */
export type DomainEvents = EventsOf<typeof domainEventShapes>;

type DomainHandle = Parameters<typeof domainRef>[0];

function ioError(msg: { dom: DomainHandle; srcPath: string; devAlias: string; action: number }) {
  const action = nameOf(DomainEventIOErrorAction, msg.action);
  return { domain: domainRef(msg.dom), path: msg.srcPath, alias: msg.devAlias, action };
}

function graphicsAddress({ family, node, service }: { family: number; node: string; service: string }) {
  return { family: nameOf(DomainEventGraphicsAddressType, family), node, service };
}

function blockJob({ type, status }: { type: number; status: number }) {
  return {
    type: nameOf(DomainBlockJobType, type),
    status: nameOf(ConnectDomainEventBlockJobStatus, status),
  };
}

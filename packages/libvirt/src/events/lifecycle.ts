import { DomainEventType, lifecycleDetails } from '../generated/enums.gen.ts';
import { type DomainHandle, type DomainRef, domainRef } from '../objects/domain-ref.ts';
import { type NameOf, nameOf, type UnknownName } from '../objects/names.ts';

type Known = {
  readonly [Event in keyof typeof lifecycleDetails]: {
    readonly domain: DomainRef;
    readonly event: Event;
    readonly detail: NameOf<(typeof lifecycleDetails)[Event]>;
  };
}[keyof typeof lifecycleDetails];

interface Unknown {
  readonly domain: DomainRef;
  readonly event: UnknownName;
  readonly detail: UnknownName;
}

/** What happened to a domain, and how; which details there are depends on the event. */
export type DomainLifecycleEvent = Known | Unknown;

interface Message {
  readonly dom: DomainHandle;
  readonly event: number;
  readonly detail: number;
}

/** Event and detail by name; those of a newer daemon become `UNKNOWN_<value>`. */
export function domainLifecycle({ dom, event, detail }: Message): DomainLifecycleEvent {
  const domain = domainRef(dom);
  const name = nameOf(DomainEventType, event);
  if (!isKnown(name)) return { domain, event: name, detail: `UNKNOWN_${detail}` };
  return { domain, event: name, detail: nameOf(lifecycleDetails[name], detail) };
}

function isKnown(name: NameOf<typeof DomainEventType>): name is keyof typeof lifecycleDetails {
  return name in lifecycleDetails;
}

import type { ConnectDomainQemuMonitorEventRegisterFlags } from '../generated/enums.gen.ts';
import type { DomainRef } from '../objects/domain-ref.ts';
import type { FlagOptions } from '../objects/flags.ts';
import type { NamedRef, SecretRef } from '../objects/refs.ts';
import type { DomainEvents } from './domain-event-shapes.ts';
import type { NetworkEvents, NodeDeviceEvents, SecretEvents, StoragePoolEvents } from './object-event-shapes.ts';
import type { SubscribeOptions } from './subscribe.ts';

/** What callers see, by object and kind of event. */
export interface EventKinds {
  readonly domain: DomainEvents;
  readonly network: NetworkEvents;
  readonly storagePool: StoragePoolEvents;
  readonly nodeDevice: NodeDeviceEvents;
  readonly secret: SecretEvents;
}

/** Only events of one object, which the daemon selects; all when it is left out. */
interface EventFilters {
  readonly domain: { readonly domain?: DomainRef | undefined };
  readonly network: { readonly network?: NamedRef | undefined };
  readonly storagePool: { readonly pool?: NamedRef | undefined };
  /** By name. */
  readonly nodeDevice: { readonly device?: string | undefined };
  readonly secret: { readonly secret?: SecretRef | undefined };
}

/** Options of a subscription to events of one sort of object. */
export type EventOptions<Of extends keyof EventKinds> = SubscribeOptions & EventFilters[Of];

export interface QemuMonitorEventOptions
  extends SubscribeOptions,
    FlagOptions<typeof ConnectDomainQemuMonitorEventRegisterFlags> {
  readonly domain?: DomainRef | undefined;
  /** Only events of this name; a regular expression with the flag `REGEX`. */
  readonly event?: string | undefined;
}

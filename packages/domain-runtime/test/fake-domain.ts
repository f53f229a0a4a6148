import { DomainEventType, DomainState } from '@spawnkit/libvirt/enums';

/** The domain that a fake daemon has. */
export const aDomain = {
  uuid: '07070707-0707-0707-0707-070707070707',
  handle: { name: 'web', uuid: new Uint8Array(16).fill(7), id: 1 },
} as const;

export const states = DomainState;

/** The body of a lifecycle event. */
export function lifecycle(event: keyof typeof DomainEventType, dom: { name: string; uuid: Uint8Array; id: number }) {
  return { msg: { dom, event: DomainEventType[event], detail: 0 } };
}

/** An event from outside about an instance, as Nova's os-server-external-events carries it. */
export interface InstanceEvent {
  readonly instanceUuid: string;
  /** `network-vif-plugged`, … */
  readonly name: string;
  /** The port's id, for events about ports. */
  readonly tag?: string | undefined;
  /** `completed`, `failed`, `in-progress`. */
  readonly status: string;
}

/** What an event is told by: two of the same key are the same event. */
export function keyOf(event: { instanceUuid: string; name: string; tag?: string | undefined }): string {
  return `${event.instanceUuid}\0${event.name}\0${event.tag ?? ''}`;
}

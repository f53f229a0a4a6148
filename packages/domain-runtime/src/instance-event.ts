import { DomainRuntimeError } from './errors.ts';

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

export const eventStatuses: readonly string[] = ['completed', 'failed', 'in-progress'];

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NAME = /^[a-z][a-z0-9-]{0,63}$/;
/** Port ids and the like: something to print, and not much of it. */
const TAG = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

/**
 * An event that came from outside. A status that is left out is `completed`. Throws {@link DomainRuntimeError}
 * `INVALID_EVENT`, which names the field.
 */
export function parseInstanceEvent(value: unknown): InstanceEvent {
  if (typeof value !== 'object' || value === null) throw invalid('an event', value, 'an object');
  const { instanceUuid, name, tag, status = 'completed' } = value as Readonly<Record<string, unknown>>;
  const uuid = typeof instanceUuid === 'string' ? instanceUuid.toLowerCase() : undefined;
  if (uuid === undefined || !UUID.test(uuid)) throw invalid('instanceUuid', instanceUuid, 'a UUID');
  if (typeof name !== 'string' || !NAME.test(name)) throw invalid('name', name, 'a name such as network-vif-plugged');
  if (tag !== undefined && (typeof tag !== 'string' || !TAG.test(tag)))
    throw invalid('tag', tag, '1 to 255 characters, such as the id of a port');
  if (typeof status !== 'string' || !eventStatuses.includes(status))
    throw invalid('status', status, `one of ${eventStatuses.join(', ')}`);
  return { instanceUuid: uuid, name, ...(tag === undefined ? {} : { tag }), status };
}

function invalid(field: string, value: unknown, expected: string): DomainRuntimeError {
  const shown = (JSON.stringify(value) ?? 'nothing').slice(0, 100);
  return new DomainRuntimeError('INVALID_EVENT', `Not an event of an instance: ${field} is ${shown}`, {
    fix: `${field} must be ${expected}.`,
    context: { field, value: shown, expected },
  });
}

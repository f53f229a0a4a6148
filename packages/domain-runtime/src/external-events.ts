import { eventStatuses, type InstanceEvent } from './instance-event.ts';

/** An answer of the interface: an HTTP status, and its JSON. */
export interface ExternalEventsAnswer {
  readonly status: 200 | 207 | 400 | 404;
  readonly body: unknown;
}

export interface ExternalEventsOptions {
  /** Whether this host has, or is making, an instance of that UUID (in lower case). */
  readonly isKnown: (instanceUuid: string) => boolean | Promise<boolean>;
  /** Takes an event of a known instance. */
  readonly deliver: (event: InstanceEvent) => Promise<unknown>;
}

/** Names that Nova 26.2.2 takes; it refuses any other. */
export const externalEventNames: readonly string[] = [
  'network-changed',
  'network-vif-plugged',
  'network-vif-unplugged',
  'network-vif-deleted',
  'volume-extended',
  'power-update',
  'accelerator-request-bound',
  'volume-reimaged',
];

/** Far more than a network service sends at once. */
const MOST_EVENTS = 1000;
const FIELDS: readonly string[] = ['name', 'server_uuid', 'status', 'tag'];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Answers the body of a `POST /os-server-external-events` as Nova does: 400 when any of it is not as its schema wants it, 404
 * when no instance is known, 207 when some are, 200 when all are; 200 and 207 repeat each event with its own `code`. Only
 * events of known instances are delivered. Throws what `isKnown` and `deliver` throw. Follows Nova's
 * `ServerExternalEventsController.create`.
 */
export async function answerExternalEvents(
  body: unknown,
  { isKnown, deliver }: ExternalEventsOptions,
): Promise<ExternalEventsAnswer> {
  const problem = problemOf(body);
  if (problem !== undefined) return { status: 400, body: { badRequest: { code: 400, message: problem } } };
  // Its form has just been looked at.
  const { events } = body as { readonly events: readonly ExternalEvent[] };
  const answers: object[] = [];
  let accepted = 0;
  for (const one of events) {
    const event = instanceEvent(one);
    if (await isKnown(event.instanceUuid)) {
      await deliver(event);
      accepted += 1;
      answers.push({ ...one, status: event.status, code: 200 });
    } else {
      answers.push({ ...one, status: 'failed', code: 404 });
    }
  }
  if (accepted === 0) {
    return { status: 404, body: { itemNotFound: { code: 404, message: 'No instances found for any event' } } };
  }
  return { status: accepted === events.length ? 200 : 207, body: { events: answers } };
}

/** An event in Nova's words. */
interface ExternalEvent {
  readonly name: string;
  readonly server_uuid: string;
  readonly status?: string;
  readonly tag?: string;
}

function instanceEvent({ name, server_uuid, tag, status = 'completed' }: ExternalEvent): InstanceEvent {
  return { instanceUuid: server_uuid.toLowerCase(), name, ...(tag === undefined ? {} : { tag }), status };
}

/** What is wrong with a body, for whoever sent it; undefined when nothing is. */
function problemOf(body: unknown): string | undefined {
  if (!isRecord(body)) return 'The body must be an object.';
  const { events, ...rest } = body;
  if (Object.keys(rest).length > 0) return `Additional properties are not allowed: ${Object.keys(rest).join(', ')}.`;
  if (!Array.isArray(events) || events.length === 0) return 'events must be a list with at least one event.';
  if (events.length > MOST_EVENTS) return `events has ${events.length} entries; at most ${MOST_EVENTS} are taken.`;
  for (const [index, event] of events.entries()) {
    const problem = problemOfEvent(event);
    if (problem !== undefined) return `events[${index}]${problem}`;
  }
  return undefined;
}

function problemOfEvent(event: unknown): string | undefined {
  if (!isRecord(event)) return ' must be an object.';
  const unknown = Object.keys(event).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) return `: additional properties are not allowed: ${unknown.slice(0, 100)}.`;
  const { name, server_uuid, status, tag } = event;
  if (typeof name !== 'string' || !externalEventNames.includes(name))
    return `.name must be one of ${externalEventNames.join(', ')}.`;
  if (typeof server_uuid !== 'string' || !UUID.test(server_uuid.toLowerCase())) return '.server_uuid must be a UUID.';
  if (status !== undefined && (typeof status !== 'string' || !eventStatuses.includes(status)))
    return `.status must be one of ${eventStatuses.join(', ')}.`;
  if (tag !== undefined && (typeof tag !== 'string' || tag.length === 0 || tag.length > 255 || /\p{Cc}/u.test(tag)))
    return '.tag must have 1 to 255 characters.';
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

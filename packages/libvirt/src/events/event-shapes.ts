import type { EventMessage } from '../client/procedure.ts';

/** The body of an event message. */
export type BodyOf<Message> = Message extends EventMessage<infer Body> ? Body : never;

/** For each kind of event, the function that turns what is on the wire into what callers see. */
export type EventShapes<Messages> = { readonly [Kind in keyof Messages]: (body: BodyOf<Messages[Kind]>) => object };

/** For each kind of event, what callers see. */
export type EventsOf<Shapes> = {
  readonly [Kind in keyof Shapes]: Shapes[Kind] extends (body: never) => infer Event ? Readonly<Event> : never;
};

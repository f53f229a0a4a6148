import { codecLiteral, importCodecs, since } from './emit-procedures.ts';
import { eventKind, typeName } from './names.ts';
import type { EventClass, Program, Protocol, WireProcedure } from './protocol.ts';

type WireEvent = WireProcedure & { event: NonNullable<WireProcedure['event']> };

/** Every event message, a map by kind for each object that has callback ids, and how to register for them. */
export function emitEvents(protocol: Protocol): string {
  const events = protocol.programs.flatMap((program) => eventsOf(program).map((event) => ({ program, event })));
  const classes = protocol.eventClasses;
  const all = events.map(({ event }) => event);
  return [
    `import type { EventMessage } from '../client/procedure.ts';`,
    importProcedures(protocol),
    importCodecs(all.map(({ msg }) => msg)),
    '',
    ...events.map(({ program, event }) => emitEvent(program, event, classes)),
    ...classes.filter(({ idSpace }) => idSpace !== null).map(({ object }) => emitMap(object, all)),
    emitClasses(protocol),
  ].join('\n');
}

function eventsOf({ procedures }: Program): WireEvent[] {
  return procedures.filter((procedure): procedure is WireEvent => procedure.event !== undefined);
}

function importProcedures(protocol: Protocol): string {
  const names = protocol.eventClasses.flatMap(({ register, deregister }) =>
    [register, deregister].map((name) => methodOf(name, protocol)),
  );
  return `import {\n${names
    .sort()
    .map((name) => `  ${name},\n`)
    .join('')}} from './procedures.gen.ts';`;
}

function emitEvent(
  program: Program,
  { method, number, msg, event, ...procedure }: WireEvent,
  classes: readonly EventClass[],
): string {
  const idSpace = event.style === 'legacy' ? null : classes.find(({ object }) => object === event.object)?.idSpace;
  const body = msg == null ? 'undefined' : typeName(msg);
  return (
    `/** ${event.idName ?? procedure.name}${event.style === 'legacy' ? ', without a callback id: for old clients' : ''}. */\n` +
    `export const ${method}: EventMessage<${body}> = {\n` +
    `  program: ${program.idHex},\n  number: ${number},\n  name: '${method}',\n` +
    `  since: ${since({ method, number, ...procedure })},\n` +
    `  object: '${event.object}',\n  id: ${event.id},\n  idSpace: ${idSpace ? `'${idSpace}'` : 'undefined'},\n` +
    `  body: '${event.body}',\n  codec: ${codecLiteral(msg)},\n};\n`
  );
}

function emitMap(object: string, events: readonly WireEvent[]): string {
  const members = events
    .filter(({ event }) => event.object === object && event.style === 'callback')
    .map(({ method, event }) => `  ${event.idName ? eventKind(event.idName) : 'monitor'}: ${method},\n`);
  return `/** The events of a ${object} by kind. */\nexport const ${object}Events = {\n${members.join('')}} as const;\n`;
}

function emitClasses(protocol: Protocol): string {
  const members = protocol.eventClasses.map(({ object, idSpace, filter, register, deregister }) => {
    const fields = [
      `    idSpace: ${idSpace ? `'${idSpace}'` : 'undefined'},\n`,
      `    filter: ${filter ? `'${filter}'` : 'undefined'},\n`,
      `    register: ${methodOf(register, protocol)},\n`,
      `    deregister: ${methodOf(deregister, protocol)},\n`,
    ];
    return `  ${object}: {\n${fields.join('')}  },\n`;
  });
  return (
    '/** How to register for events: one pair of calls for each object. `filter` is the argument that narrows them to one object. */\n' +
    `export const eventClasses = {\n${members.join('')}} as const;\n`
  );
}

function methodOf(name: string, { programs }: Protocol): string {
  const found = programs.flatMap(({ procedures }) => procedures).find((procedure) => procedure.name === name);
  if (!found) throw new Error(`protocol.json has no procedure "${name}"`);
  return found.method;
}

import { releaseNumber, typeName } from './names.ts';
import type { Program, Protocol, WireProcedure } from './protocol.ts';

/** Every call of every program as a plain object; bundlers drop those that nobody imports. */
export function emitProcedures(protocol: Protocol): string {
  const calls = callsOf(protocol);
  const bodies = calls.flatMap(({ procedure: { args, ret } }) => [args, ret]);
  return [
    `import type { Procedure } from '../client/procedure.ts';`,
    `import { empty } from '../xdr/codec.ts';`,
    importCodecs(bodies),
    '',
    ...calls.map(({ program, procedure }) => emitProcedure(program, procedure)),
  ].join('\n');
}

/** The release of each call alone, for those who ask by name and would otherwise need all procedures. */
export function emitReleases(protocol: Protocol): string {
  const members = callsOf(protocol).map(({ procedure }) => `  ${procedure.method}: ${since(procedure)},\n`);
  return (
    '/** Since when each call is known, as `major * 1e6 + minor * 1e3 + micro`. */\n' +
    `export const procedureReleases = {\n${members.join('')}} as const;\n`
  );
}

/** All calls by name. Not a namespace import, which a bundler has to keep whole in a file that others share. */
export function emitTable(protocol: Protocol): string {
  const names = callsOf(protocol).map(({ procedure }) => procedure.method);
  const lines = names.map((name) => `  ${name},\n`).join('');
  return (
    `import {\n${lines}} from './procedures.gen.ts';\n\n` +
    `/** Every call by its name. */\nexport const procedureTable = {\n${lines}} as const;\n`
  );
}

/** Imports types and both functions of each body. */
export function importCodecs(bodies: readonly (string | null | undefined)[]): string {
  const names = [...new Set(bodies.filter((body) => body != null).map(typeName))].sort();
  const lines = names.map((name) => `  decode${name},\n  encode${name},\n  type ${name},\n`);
  return `import {\n${lines.join('')}} from './types.gen.ts';`;
}

/** The codec of a body as an object literal, which has no side effects in the eyes of a bundler. */
export function codecLiteral(body: string | null | undefined): string {
  if (body == null) return 'empty';
  return `{ encode: encode${typeName(body)}, decode: decode${typeName(body)} }`;
}

/** The lower bound where only bounds are known: too early a `since` costs a message, too late a one refuses a call that works. */
export function since({ since, sinceBetween }: WireProcedure): number {
  return releaseNumber(since ?? sinceBetween?.[0]);
}

function callsOf({ programs }: Protocol): { readonly program: Program; readonly procedure: WireProcedure }[] {
  return programs.flatMap((program) =>
    program.procedures.filter(({ kind }) => kind === 'call').map((procedure) => ({ program, procedure })),
  );
}

function emitProcedure(program: Program, procedure: WireProcedure): string {
  const { args, ret, method } = procedure;
  const types = `${bodyType(args)}, ${bodyType(ret)}`;
  const lines = [
    `program: ${program.idHex}`,
    `version: ${program.version}`,
    `number: ${procedure.number}`,
    `name: '${method}'`,
    `since: ${since(procedure)}`,
    `args: ${codecLiteral(args)}`,
    `ret: ${codecLiteral(ret)}`,
    ...extras(procedure),
  ];
  return (
    `/** ${comment(procedure)} */\n` +
    `export const ${method}: Procedure<${types}> = {\n${lines.map((line) => `  ${line},\n`).join('')}};\n`
  );
}

function extras({ stream, addFlags, fds }: WireProcedure): string[] {
  const kind = [
    `direction: '${stream?.direction}'`,
    ...(stream?.bidirectional ? ['bidirectional: true'] : []),
    ...(stream?.sparseFlag ? [`sparseFlag: ${stream.sparseFlag.value}`] : []),
  ];
  return [
    ...(stream ? [`stream: { ${kind.join(', ')} }`] : []),
    ...(addFlags ? [`addFlags: ${addFlags.value}`] : []),
    ...(fds ? ['passesFds: true'] : []),
  ];
}

function comment({ name, api, since, sinceBetween }: WireProcedure): string {
  const release = since ?? (sinceBetween && `between ${sinceBetween[0]} and ${sinceBetween[1]}`);
  return `${api ?? name}${release ? `, since ${release}` : ''}.`;
}

function bodyType(body: string | null | undefined): string {
  return body == null ? 'undefined' : typeName(body);
}

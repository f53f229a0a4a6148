import type { Constants, ParameterName } from './protocol.ts';

const TYPES: Readonly<Record<string, string>> = {
  int: 'number',
  uint: 'number',
  llong: 'bigint',
  ullong: 'bigint',
  double: 'number',
  boolean: 'boolean',
  string: 'string',
};
const ANY = 'string | number | bigint | boolean';

/** Names of typed parameters, which type each of them has, for values of TypeScript and for the wire. */
export function emitParameters({ parameterNames }: Constants): string {
  const names = Object.entries(parameterNames);
  const constants = names.map(([name, { field }]) => `  ${name.replace(/^VIR_/, '')}: '${field}',\n`);
  return [
    `/** Every name of a typed parameter; those that end in or begin with a dot are parts of names with an index between them. */`,
    `export const parameterNames = {\n${constants.join('')}} as const;\n`,
    `/** The values of typed parameters by name. A type that libvirt does not state is left open. */`,
    `export interface ParameterTypes {\n${emitMembers(parameterNames)}}\n`,
    '/** As which type a parameter is sent; parts of names, and those whose type libvirt does not state, are left out. */',
    `export const parameterWireTypes = {\n${emitWireTypes(names)}} as const;\n`,
  ].join('\n');
}

function emitWireTypes(names: readonly (readonly [string, ParameterName])[]): string {
  const types = new Map(names.flatMap(([, { field, type, part }]) => (type && !part ? [[field, type] as const] : [])));
  return [...types].map(([field, type]) => `  '${field}': '${type.toUpperCase()}',\n`).join('');
}

function emitMembers(parameterNames: Constants['parameterNames']): string {
  const types = new Map<string, Set<string>>();
  for (const [name, parameter] of Object.entries(parameterNames)) {
    const pattern = fullName(name, parameter, parameterNames);
    if (pattern) types.set(pattern, (types.get(pattern) ?? new Set()).add(TYPES[parameter.type ?? ''] ?? ANY));
  }
  return [...types].map(([name, union]) => emitMember(name, [...union])).join('');
}

function emitMember(name: string, union: readonly string[]): string {
  const type = union.includes(ANY) ? ANY : union.join(' | ');
  return name.includes('${')
    ? `  readonly [name: \`${name}\`]: ${type} | undefined;\n`
    : `  readonly '${name}'?: ${type} | undefined;\n`;
}

/** A whole name, with `${number}` where an index stands; undefined for what is only the beginning of one. */
function fullName(
  name: string,
  { field, part }: ParameterName,
  names: Constants['parameterNames'],
): string | undefined {
  if (!part) return field.replace('%u', '${number}');
  // The prefix length of an address has "PREFIX" as its last word and is no prefix of a name.
  if (part === 'prefix' && !name.endsWith('_SUFFIX_PREFIX')) return undefined;
  const before = beginning(ownerOf(name), names);
  return before === undefined ? undefined : `${before}\${number}${field}`;
}

/** What stands before the index: the prefix of the owner, which may itself follow an index. */
function beginning(owner: string | undefined, names: Constants['parameterNames']): string | undefined {
  const prefix = names[`${owner}_PREFIX`];
  if (owner === undefined || !prefix) return undefined;
  const outer = ownerOf(owner);
  if (outer === undefined) return prefix.field;
  const before = beginning(outer, names);
  return before === undefined ? undefined : `${before}\${number}${prefix.field}`;
}

/** `A_SUFFIX_B` and `A_PREFIX` belong together. */
function ownerOf(name: string): string | undefined {
  return /^(.*)_SUFFIX_/.exec(name)?.[1];
}

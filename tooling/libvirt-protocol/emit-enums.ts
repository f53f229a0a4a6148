import { enumName } from './names.ts';
import type { Constants, Enumeration } from './protocol.ts';

/** Every enumeration as a const object and the union of its values, and the tables that link one to another. */
export function emitEnums(constants: Constants): string {
  const { enums, internalEnums, macros } = constants;
  return [
    ...Object.entries({ ...enums, ...internalEnums }).map(([name, enumeration]) => emitEnum(name, enumeration)),
    emitTable('lifecycleDetails', 'The details of a lifecycle event, by event.', 'virDomainEventType', constants),
    emitTable('stateReasons', 'The reasons of a domain being in a state, by state.', 'virDomainState', constants),
    ...Object.entries(macros).map(([name, { value }]) => emitMacro(name, value)),
  ].join('\n');
}

function emitEnum(name: string, enumeration: Enumeration): string {
  const members = enumeration.values.map(({ value, name: member, since, doc }) => {
    const about = [doc, since && since !== enumeration.since ? `Since ${since}.` : undefined].filter(Boolean).join(' ');
    return `${about ? `  /** ${about} */\n` : ''}  ${keyOf(enumeration, member)}: ${value},\n`;
  });
  const about = [
    `${name}${enumeration.since ? `, since ${enumeration.since}` : ''}.`,
    enumeration.doc,
    enumeration.bitmask ? 'Bits.' : undefined,
  ];
  const type = enumName(name);
  return (
    `/** ${about.filter(Boolean).join(' ')} */\nexport const ${type} = {\n${members.join('')}} as const;\n` +
    `export type ${type} = (typeof ${type})[keyof typeof ${type}];\n`
  );
}

/** `VIR_ERR_NO_DOMAIN` → `NO_DOMAIN`: one member that is a warning made the common prefix of errors shorter than people expect. */
function keyOf({ prefix }: Enumeration, member: string): string {
  return member.slice(prefix.length).replace(/^ERR_/, '');
}

function emitTable(
  table: 'lifecycleDetails' | 'stateReasons',
  about: string,
  by: string,
  { enums, ...rest }: Constants,
): string {
  const enumeration = enums[by];
  if (!enumeration) throw new Error(`constants.json has no enumeration "${by}"`);
  const members = Object.entries(rest[table]).map(
    ([member, detail]) => `  ${keyOf(enumeration, member)}: ${enumName(detail)},\n`,
  );
  return `/** ${about} */\nexport const ${table} = {\n${members.join('')}} as const;\n`;
}

/** What can exceed 32 bits is compared with 64-bit values of the wire, so it is a bigint. */
function emitMacro(name: string, value: number): string {
  return `/** ${name} */\nexport const ${name.replace(/^(?:VIR|LIBVIR)_/, '')} = ${value}${value >= 2 ** 32 ? 'n' : ''};\n`;
}

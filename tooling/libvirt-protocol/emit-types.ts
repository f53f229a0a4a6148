import { camelCase, enumName, typeName } from './names.ts';
import { type Arm, type Field, type NamedType, type Protocol, type TypeExpression, typesByName } from './protocol.ts';
import {
  decodeExpression,
  encodeStatement,
  isChar,
  isNamed,
  listFunction,
  resolve,
  tsType,
  type Types,
} from './type-expressions.ts';

type Struct = NamedType & { kind: 'struct' };
type Union = NamedType & { kind: 'union' };

/** Type, encoder and decoder of every struct and union, then the functions that their lists share. */
export function emitTypes(protocol: Protocol): string {
  const types = typesByName(protocol);
  const blocks = protocol.types.flatMap((type) => {
    if (type.kind === 'struct') return [emitStruct(type, types)];
    return type.kind === 'union' ? [emitUnion(type, types)] : [];
  });
  return [
    `import type { XdrReader } from '../xdr/xdr-reader.ts';`,
    `import { outOfRange, type XdrWriter } from '../xdr/xdr-writer.ts';`,
    '',
    ...blocks,
    ...listElements(protocol, types).map((element) => emitList(element, types)),
  ].join('\n');
}

function emitStruct(struct: Struct, types: Types): string {
  const name = typeName(struct.name);
  const fields = struct.fields.map((field) => declareField(field, types));
  const encoded = struct.fields.map(({ name, type }) => {
    const field = camelCase(name);
    return `  ${encodeStatement(type, `v.${field}`, field, types)}\n`;
  });
  const decoded = struct.fields.map(({ name, type }) => `    ${camelCase(name)}: ${decodeExpression(type, types)},\n`);
  return (
    `/** ${struct.name} */\nexport interface ${name} {\n${fields.join('')}}\n\n` +
    `export function encode${name}(w: XdrWriter, v: ${name}): void {\n${encoded.join('')}}\n\n` +
    `export function decode${name}(r: XdrReader): ${name} {\n  return {\n${decoded.join('')}  };\n}\n`
  );
}

function declareField(field: Field, types: Types): string {
  const optional = resolve(field.type, types).kind === 'optional' ? '?' : '';
  const comment = fieldComment(field);
  return (
    (comment ? `  /** ${comment} */\n` : '') +
    `  readonly ${camelCase(field.name)}${optional}: ${tsType(field.type, types)};\n`
  );
}

function fieldComment(field: Field): string | undefined {
  if (field.unused) return 'No flags yet: 0.';
  if (field.enumBy) return `By \`${field.enumBy.field}\`: see ${field.enumBy.table}.`;
  if (!field.enum) return undefined;
  const names = [field.enum].flat().map(enumName).join(', ');
  return field.bitmask ? `Bits of ${names}.` : names;
}

function emitUnion(union: Union, types: Types): string {
  const name = typeName(union.name);
  const tag = union.discriminant.name;
  const members = union.arms.map((arm) => `  | ${unionMember(tag, arm, types)}`);
  const encoded = union.arms.map(
    (arm) => `${caseLabels(arm)}      return ${encodeStatement(arm.type, `v.${arm.name}`, arm.name, types)}\n`,
  );
  const decoded = union.arms.map(
    (arm) => `${caseLabels(arm)}      return { ${tag}, ${arm.name}: ${decodeExpression(arm.type, types)} };\n`,
  );
  return (
    `/** ${union.name} */\nexport type ${name} =\n${members.join('\n')};\n\n` +
    `export function encode${name}(w: XdrWriter, v: ${name}): void {\n  w.int(v.${tag}, '${tag}');\n` +
    `  switch (v.${tag}) {\n${encoded.join('')}    default:\n` +
    `      throw outOfRange('${tag}', (v as { ${tag}: unknown }).${tag}, 'a type of ${name}');\n  }\n}\n\n` +
    `export function decode${name}(r: XdrReader): ${name} {\n  const ${tag} = r.int();\n` +
    `  switch (${tag}) {\n${decoded.join('')}    default:\n      throw r.unknown('type of ${name}', ${tag});\n  }\n}\n`
  );
}

function unionMember(tag: string, arm: Arm, types: Types): string {
  const cases = arm.cases.map(({ value }) => value).join(' | ');
  return `{ readonly ${tag}: ${cases}; readonly ${arm.name}: ${tsType(arm.type, types)} }`;
}

function caseLabels(arm: Arm): string {
  return arm.cases.map(({ value, name }) => `    case ${value}: // ${name}\n`).join('');
}

/** One of each kind of element that lists have; lists of `char` are the reader's and writer's business. */
function listElements(protocol: Protocol, types: Types): TypeExpression[] {
  const elements = protocol.types
    .flatMap((type) => (type.kind === 'struct' ? type.fields : []))
    .map(({ type }) => resolve(type, types))
    .flatMap((type) => (type.kind === 'array' && !isChar(type.of, types) ? [type.of] : []));
  return [...new Map(elements.map((element) => [listFunction('decode', element, types), element])).values()];
}

function emitList(element: TypeExpression, types: Types): string {
  const type = tsType(element, types);
  const field = isNamed(element, types) ? '' : ', field: string';
  const statement = encodeStatement(element, 'v', 'FIELD', types).replace(`'FIELD'`, 'field');
  return (
    `function ${listFunction('encode', element, types)}(w: XdrWriter, list: readonly ${type}[]${field}): void {\n` +
    `  for (const v of list) ${statement}\n}\n\n` +
    `function ${listFunction('decode', element, types)}(r: XdrReader, count: number): ${type}[] {\n` +
    `  const list: ${type}[] = [];\n  for (let left = count; left > 0; left--) list.push(${decodeExpression(element, types)});\n` +
    `  return list;\n}\n`
  );
}

import { typeName } from './names.ts';
import type { NamedType, Primitive, TypeExpression } from './protocol.ts';

export type Types = ReadonlyMap<string, NamedType>;

const BYTES: Readonly<Record<Primitive, number>> = {
  int: 4,
  uint: 4,
  hyper: 8,
  uhyper: 8,
  double: 8,
  char: 4,
  uchar: 4,
  short: 4,
  ushort: 4,
};

/** Follows typedefs and enums to what stands on the wire. */
export function resolve(type: TypeExpression, types: Types): TypeExpression {
  if (type.kind !== 'ref') return type;
  const named = lookUp(type.name, types);
  if (named.kind === 'typedef') return resolve(named.type, types);
  return named.kind === 'enum' ? { kind: 'int' } : type;
}

/** The TypeScript type of a value. */
export function tsType(given: TypeExpression, types: Types): string {
  const type = resolve(given, types);
  if (isPrimitive(type)) return type.kind.endsWith('hyper') ? 'bigint' : 'number';
  if (type.kind === 'string') return 'string';
  if (type.kind === 'opaque') return 'Uint8Array';
  if (type.kind === 'optional') return `${tsType(type.of, types)} | undefined`;
  if (type.kind === 'ref') return typeName(type.name);
  return isChar(type.of, types) ? 'Int8Array' : `readonly ${tsType(type.of, types)}[]`;
}

/** The fewest bytes that a value takes. */
export function minBytes(given: TypeExpression, types: Types): number {
  const type = resolve(given, types);
  if (isPrimitive(type)) return BYTES[type.kind];
  if (type.kind === 'ref') return minBytesOf(lookUp(type.name, types), types);
  if (type.kind === 'string' || type.kind === 'optional' || type.length === undefined) return 4;
  return type.kind === 'opaque' ? Math.ceil(type.length / 4) * 4 : type.length * minBytes(type.of, types);
}

function minBytesOf(named: NamedType, types: Types): number {
  if (named.kind === 'struct') return named.fields.reduce((sum, { type }) => sum + minBytes(type, types), 0);
  if (named.kind !== 'union') throw new Error(`${named.name} is neither struct nor union`);
  return 4 + Math.min(...named.arms.map(({ type }) => minBytes(type, types)));
}

/** An expression that reads a value from `r`. */
export function decodeExpression(given: TypeExpression, types: Types): string {
  const type = resolve(given, types);
  if (isPrimitive(type)) return `r.${type.kind}()`;
  if (type.kind === 'string') return `r.string(${type.max})`;
  if (type.kind === 'optional') return `r.bool() ? ${decodeExpression(type.of, types)} : undefined`;
  if (type.kind === 'ref') return `decode${typeName(type.name)}(r)`;
  if (type.kind === 'array') return decodeArray(type, types);
  return type.length === undefined ? `r.opaque(${type.max})` : `r.fixedOpaque(${type.length})`;
}

function decodeArray(type: TypeExpression & { kind: 'array' }, types: Types): string {
  const { length, max } = type;
  const count = length ?? `r.count(${max}, ${minBytes(type.of, types)})`;
  return isChar(type.of, types) ? `r.chars(${count})` : `${listFunction('decode', type.of, types)}(r, ${count})`;
}

/** A statement that writes `value` to `w`; `field` is what errors call it. */
export function encodeStatement(given: TypeExpression, value: string, field: string, types: Types): string {
  const type = resolve(given, types);
  if (isPrimitive(type)) return `w.${type.kind}(${value}, '${field}');`;
  if (type.kind === 'string') return `w.string(${value}, ${type.max}, '${field}');`;
  if (type.kind === 'ref') return `encode${typeName(type.name)}(w, ${value});`;
  if (type.kind === 'array') return encodeArray(type, value, field, types);
  if (type.kind === 'optional') {
    const present = `${value} !== undefined`;
    return `w.bool(${present});\n  if (${present}) ${encodeStatement(type.of, value, field, types)}`;
  }
  return type.length === undefined
    ? `w.opaque(${value}, ${type.max}, '${field}');`
    : `w.fixedOpaque(${value}, ${type.length}, '${field}');`;
}

function encodeArray(type: TypeExpression & { kind: 'array' }, value: string, field: string, types: Types): string {
  const { length, max } = type;
  const count =
    length === undefined
      ? `w.count(${value}.length, ${max}, '${field}');`
      : `w.exactly(${value}.length, ${length}, '${field}');`;
  const elements = isChar(type.of, types)
    ? `w.chars(${value});`
    : `${listFunction('encode', type.of, types)}(w, ${value}${isNamed(type.of, types) ? '' : `, '${field}'`});`;
  return `${count}\n  ${elements}`;
}

/** The name of the function that reads or writes the elements of a list. */
export function listFunction(act: 'encode' | 'decode', element: TypeExpression, types: Types): string {
  return `${act}${elementName(element, types)}List`;
}

/** Structs and unions have codecs of their own, which know what their fields are called. */
export function isNamed(type: TypeExpression, types: Types): boolean {
  return resolve(type, types).kind === 'ref';
}

export function isChar(type: TypeExpression, types: Types): boolean {
  return resolve(type, types).kind === 'char';
}

function isPrimitive(type: TypeExpression): type is { readonly kind: Primitive } {
  return type.kind in BYTES;
}

function elementName(element: TypeExpression, types: Types): string {
  const type = resolve(element, types);
  return type.kind === 'ref' ? typeName(type.name) : typeName(type.kind);
}

function lookUp(name: string, types: Types): NamedType {
  const named = types.get(name);
  if (!named) throw new Error(`protocol.json has no type "${name}"`);
  return named;
}

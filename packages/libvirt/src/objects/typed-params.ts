import { TypedParameterType } from '../generated/enums.gen.ts';
import { type ParameterTypes, parameterWireTypes } from '../generated/parameters.gen.ts';
import type { RemoteTypedParam, RemoteTypedParamValue } from '../generated/types.gen.ts';

/** libvirt's typed parameters as an object: those of known names with their types, others as they came. */
export type TypedParams = ParameterTypes & {
  readonly [name: string]: TypedParamValue | undefined;
};

/** Typed parameters to be set; what is undefined is left out. */
export type SettableParams = TypedParams;

type TypedParamValue = number | bigint | boolean | string;

/** 64-bit values are bigint, all others number, boolean or string. A name that comes twice keeps its last value. */
export function typedParams(params: readonly RemoteTypedParam[]): TypedParams {
  // Names of known types come with these types: libvirt guarantees it, and nothing else depends on it.
  return Object.fromEntries(params.map(({ field, value }) => [field, plain(value)])) as TypedParams;
}

/**
 * What goes to the daemon, which insists on the right type of each: that of the known name, else by the value, bigint as an
 * unsigned and number as a signed one. Throws a TypeError for a value that the known type of its name has no room for.
 */
export function typedParamList(params: SettableParams): RemoteTypedParam[] {
  return Object.entries(params).flatMap(([field, value]) =>
    value === undefined ? [] : [{ field, value: wireValue(field, value) }],
  );
}

type WireType = keyof typeof TypedParameterType;
const known: Readonly<Record<string, WireType>> = parameterWireTypes;

function wireValue(field: string, value: TypedParamValue): RemoteTypedParamValue {
  const type = Object.hasOwn(known, field) ? known[field] : undefined;
  const wire = typed(type ?? guess(value), value);
  if (wire) return wire;
  throw new TypeError(`The parameter "${field}" is a ${type} of libvirt, for which a ${typeof value} cannot stand`);
}

/** Undefined when the value is of another type. */
function typed(type: WireType, value: TypedParamValue): RemoteTypedParamValue | undefined {
  switch (type) {
    case 'INT':
      return typeof value === 'number' ? { type: TypedParameterType.INT, i: value } : undefined;
    case 'UINT':
      return typeof value === 'number' ? { type: TypedParameterType.UINT, ui: value } : undefined;
    case 'LLONG':
      return typeof value === 'bigint' ? { type: TypedParameterType.LLONG, l: value } : undefined;
    case 'ULLONG':
      return typeof value === 'bigint' ? { type: TypedParameterType.ULLONG, ul: value } : undefined;
    case 'DOUBLE':
      return typeof value === 'number' ? { type: TypedParameterType.DOUBLE, d: value } : undefined;
    case 'BOOLEAN':
      return typeof value === 'boolean' ? { type: TypedParameterType.BOOLEAN, b: value ? 1 : 0 } : undefined;
    case 'STRING':
    default:
      return typeof value === 'string' ? { type: TypedParameterType.STRING, s: value } : undefined;
  }
}

function guess(value: TypedParamValue): WireType {
  if (typeof value === 'bigint') return value < 0n ? 'LLONG' : 'ULLONG';
  if (typeof value === 'number') return Number.isInteger(value) ? 'INT' : 'DOUBLE';
  return typeof value === 'boolean' ? 'BOOLEAN' : 'STRING';
}

function plain(value: RemoteTypedParamValue): TypedParamValue {
  if ('i' in value) return value.i;
  if ('ui' in value) return value.ui;
  if ('l' in value) return value.l;
  if ('ul' in value) return value.ul;
  if ('d' in value) return value.d;
  return 'b' in value ? value.b !== 0 : value.s;
}

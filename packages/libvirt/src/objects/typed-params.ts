import type { ParameterTypes } from '../generated/parameters.gen.ts';
import type { RemoteTypedParam, RemoteTypedParamValue } from '../generated/types.gen.ts';

/** libvirt's typed parameters as an object: those of known names with their types, others as they came. */
export type TypedParams = ParameterTypes & {
  readonly [name: string]: number | bigint | boolean | string | undefined;
};

/** 64-bit values are bigint, all others number, boolean or string. A name that comes twice keeps its last value. */
export function typedParams(params: readonly RemoteTypedParam[]): TypedParams {
  // Names of known types come with these types: libvirt guarantees it, and nothing else depends on it.
  return Object.fromEntries(params.map(({ field, value }) => [field, plain(value)])) as TypedParams;
}

function plain(value: RemoteTypedParamValue): number | bigint | boolean | string {
  if ('i' in value) return value.i;
  if ('ui' in value) return value.ui;
  if ('l' in value) return value.l;
  if ('ul' in value) return value.ul;
  if ('d' in value) return value.d;
  return 'b' in value ? value.b !== 0 : value.s;
}

import fc, { type Arbitrary } from 'fast-check';
import { camelCase } from './names.ts';
import type { NamedType, Primitive, TypeExpression } from './protocol.ts';
import { isChar, resolve, type Types } from './type-expressions.ts';

/** Lists and texts of the protocol may be huge; these show the same things. */
const MAX_LENGTH = 5;

const PRIMITIVES: Readonly<Record<Primitive, () => Arbitrary<unknown>>> = {
  int: () => fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  uint: () => fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  hyper: () => fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uhyper: () => fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  double: () => fc.double(),
  char: () => fc.integer({ min: -128, max: 127 }),
  uchar: () => fc.integer({ min: 0, max: 255 }),
  short: () => fc.integer({ min: -32_768, max: 32_767 }),
  ushort: () => fc.integer({ min: 0, max: 65_535 }),
};

/** Any value of a named struct or union. */
export function valueOf(type: NamedType, types: Types): Arbitrary<unknown> {
  if (type.kind === 'struct') {
    return fc.record(
      Object.fromEntries(type.fields.map((field) => [camelCase(field.name), expression(field.type, types)])),
    );
  }
  if (type.kind !== 'union') throw new Error(`${type.name} is neither struct nor union`);
  const arms = type.arms.flatMap((arm) =>
    arm.cases.map(({ value }) =>
      fc.record({ [type.discriminant.name]: fc.constant(value), [arm.name]: expression(arm.type, types) }),
    ),
  );
  return fc.oneof(...arms);
}

function expression(given: TypeExpression, types: Types): Arbitrary<unknown> {
  const type = resolve(given, types);
  if (type.kind === 'string') return text();
  if (type.kind === 'optional') return fc.option(expression(type.of, types), { nil: undefined });
  if (type.kind === 'ref') return valueOf(types.get(type.name) as NamedType, types);
  if (type.kind === 'opaque') return fc.uint8Array(lengths(type));
  if (type.kind !== 'array') return PRIMITIVES[type.kind]();
  return isChar(type.of, types) ? fc.int8Array(lengths(type)) : fc.array(expression(type.of, types), lengths(type));
}

function text(): Arbitrary<string> {
  return fc.string({ unit: 'binary', maxLength: MAX_LENGTH }).map((value) => value.replaceAll('\0', ''));
}

function lengths({ length, max = 0 }: { length?: number; max?: number }): { minLength: number; maxLength: number } {
  return { minLength: length ?? 0, maxLength: length ?? Math.min(max, MAX_LENGTH) };
}

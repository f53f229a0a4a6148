import fc from 'fast-check';
import { expect, expectTypeOf, test } from 'vitest';
import { TypedParameterType } from '../generated/enums.gen.ts';
import { parameterWireTypes } from '../generated/parameters.gen.ts';
import { type TypedParams, typedParamList, typedParams } from './typed-params.ts';

test('parameters of known names have their types, and others are open', () => {
  expectTypeOf<TypedParams['cpu.time']>().toEqualTypeOf<bigint | undefined>();
  expectTypeOf<TypedParams['block.0.name']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<TypedParams['whatever']>().toEqualTypeOf<number | bigint | boolean | string | undefined>();
});

test('typedParamList sends each known name as the type that libvirt has for it', () => {
  expect(typedParamList({ cpu_shares: 1024n, vcpu_quota: -1n, weight: 500, group_name: 'g', cmt: true })).toEqual([
    { field: 'cpu_shares', value: { type: TypedParameterType.ULLONG, ul: 1024n } },
    { field: 'vcpu_quota', value: { type: TypedParameterType.LLONG, l: -1n } },
    { field: 'weight', value: { type: TypedParameterType.UINT, ui: 500 } },
    { field: 'group_name', value: { type: TypedParameterType.STRING, s: 'g' } },
    { field: 'cmt', value: { type: TypedParameterType.BOOLEAN, b: 1 } },
  ]);
});

test('typedParamList leaves out what is undefined, and refuses what its type has no room for', () => {
  expect(typedParamList({ cpu_shares: undefined })).toEqual([]);
  const wrong = { cpu_shares: 1024 } as unknown as TypedParams;
  expect(() => typedParamList(wrong)).toThrow('The parameter "cpu_shares" is a ULLONG of libvirt');
});

test('whatever is sent comes back the same', () => {
  const value = fc.oneof(
    fc.boolean(),
    fc.string(),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.double({ noNaN: true }).filter((one) => !Number.isInteger(one)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  );
  const unknown = fc.string().filter((name) => !Object.hasOwn(parameterWireTypes, name) && name !== '__proto__');
  fc.assert(
    fc.property(fc.dictionary(unknown, value), (params) => {
      expect(typedParams(typedParamList(params as TypedParams))).toEqual({ ...params });
    }),
  );
});

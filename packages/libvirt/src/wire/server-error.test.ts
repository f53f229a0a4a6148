import { expect, test } from 'vitest';
import { type ErrorReport, LibvirtError, NotFoundError, ProtocolError, UnsupportedError } from '../errors.ts';
import { ErrorDomain, ErrorNumber } from '../generated/enums.gen.ts';
import { encodeBody } from '../xdr/codec.ts';
import { errorCodec, serverError } from './server-error.ts';

const call = { procedure: 'domainLookupByName', args: { name: 'nope' }, site: {} };
const errorOf = (report: Partial<ErrorReport>, of: { readonly args?: unknown } = {}) =>
  serverError(encodeBody(errorCodec, { code: 1, domain: 10, level: 2, int1: -1, int2: -1, ...report }), {
    ...call,
    ...of,
  });

test('an error carries all that the server said, and what it was about', () => {
  const error = errorOf({ code: 42, message: 'Domain not found', str1: 'format', str2: 'detail', int1: 7 });
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({
    message: 'domainLookupByName of "nope" failed: Domain not found',
    name: 'NotFoundError',
    code: 42,
    codeName: 'NO_DOMAIN',
    domain: 10,
    domainName: 'QEMU',
    level: 2,
    str1: 'format',
    str2: 'detail',
    str3: undefined,
    int1: 7,
    int2: -1,
    procedure: 'domainLookupByName',
  });
  expect([error.is('NO_DOMAIN'), error.is('NO_NETWORK')]).toEqual([true, false]);
});

test.each([
  ['NO_STORAGE_VOL', 'NotFoundError'],
  ['NO_SUPPORT', 'UnsupportedError'],
  ['OPERATION_UNSUPPORTED', 'UnsupportedError'],
  ['OPERATION_INVALID', 'OperationInvalidError'],
  ['AUTH_CANCELLED', 'AuthError'],
  ['ACCESS_DENIED', 'AccessDeniedError'],
  ['OPERATION_DENIED', 'AccessDeniedError'],
  ['INTERNAL_ERROR', 'LibvirtError'],
  ['CONFIG_UNSUPPORTED', 'LibvirtError'],
] as const)('%s is a %s', (codeName, name) => {
  const error = errorOf({ code: ErrorNumber[codeName] });
  expect([error.name, error.codeName, error instanceof LibvirtError]).toEqual([name, codeName, true]);
});

test.each(['unknown procedure: 999', 'Cannot find program 5 version 1'])('"%s" is NO_SUPPORT', (message) => {
  const error = errorOf({ code: ErrorNumber.RPC, domain: ErrorDomain.RPC, message });
  expect(error).toBeInstanceOf(UnsupportedError);
  expect(error.is('NO_SUPPORT')).toBe(true);
  expect(errorOf({ code: ErrorNumber.INTERNAL_ERROR, message })).not.toBeInstanceOf(UnsupportedError);
});

test('an error of a newer daemon keeps its number', () => {
  expect(errorOf({ code: 9999, domain: 8888 })).toMatchObject({ codeName: 'UNKNOWN_9999', domainName: 'UNKNOWN_8888' });
});

test('the message names the object of a handle or its UUID, and no other argument', () => {
  const dom = { name: 'web', uuid: new Uint8Array(16), id: 3 };
  expect(errorOf({ message: 'm' }, { args: { dom, password: 'hunter2' } }).message).toBe(
    'domainLookupByName of "web" failed: m',
  );
  expect(errorOf({ message: 'm' }, { args: { uuid: new Uint8Array(16).fill(0xab) } }).message).toContain(
    'of "abababab-abab-abab-abab-abababababab"',
  );
  expect(errorOf({ message: 'm' }, { args: { value: new Uint8Array(3), xml: 'secret' } }).message).toBe(
    'domainLookupByName failed: m',
  );
  expect(errorOf({ code: 5 }, { args: undefined }).message).toBe(
    'domainLookupByName failed: error 5 without a message',
  );
});

test('a payload that is no error is a ProtocolError', () => {
  expect(() => serverError(Buffer.alloc(6), call)).toThrow(ProtocolError);
});

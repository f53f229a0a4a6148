import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../../packages/libvirt/src/errors.ts';
import * as generated from '../../packages/libvirt/src/generated/types.gen.ts';
import { decodeBody, encodeBody, type XdrCodec } from '../../packages/libvirt/src/xdr/codec.ts';
import { valueOf } from './arbitrary.ts';
import { typeName } from './names.ts';
import { type NamedType, readProtocol, typesByName } from './protocol.ts';
import { minBytes } from './type-expressions.ts';

const protocol = readProtocol();
const types = typesByName(protocol);
const composite = protocol.types.filter(({ kind }) => kind === 'struct' || kind === 'union');
const RUNS = { numRuns: 20 };

/** A codec by the name of its type; the module has two functions for each. */
function codecOf({ name }: NamedType): XdrCodec<unknown> {
  const functions = generated as unknown as Readonly<
    Record<string, XdrCodec<unknown>['decode'] & XdrCodec<unknown>['encode']>
  >;
  const encode = functions[`encode${typeName(name)}`];
  const decode = functions[`decode${typeName(name)}`];
  if (!encode || !decode) throw new Error(`${name} has no codec`);
  return { encode, decode };
}

/** Anything but a value or a ProtocolError fails the test. */
function decodes(codec: XdrCodec<unknown>, bytes: Uint8Array): boolean {
  try {
    decodeBody(codec, bytes);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return false;
  }
}

test('random values of every type come back as they were', () => {
  expect(composite.length).toBeGreaterThan(700);
  for (const type of composite) {
    const codec = codecOf(type);
    fc.assert(
      fc.property(valueOf(type, types), (value) => {
        expect(decodeBody(codec, encodeBody(codec, value)), type.name).toEqual(value);
      }),
      RUNS,
    );
  }
});

test('no value is shorter than the generator believes, which is what list lengths are checked against', () => {
  for (const type of composite) {
    const codec = codecOf(type);
    const least = minBytes({ kind: 'ref', name: type.name }, types);
    fc.assert(
      fc.property(valueOf(type, types), (value) => encodeBody(codec, value).length >= least),
      RUNS,
    );
  }
});

test('what is cut off or too long is a ProtocolError for every type', () => {
  for (const type of composite) {
    const codec = codecOf(type);
    fc.assert(
      fc.property(valueOf(type, types), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (value, at) => {
        const bytes = encodeBody(codec, value);
        expect(decodes(codec, bytes.subarray(0, Math.floor(bytes.length * at))), type.name).toBe(false);
        expect(decodes(codec, Buffer.concat([bytes, Buffer.alloc(4)])), type.name).toBe(false);
      }),
      RUNS,
    );
  }
});

test('garbled bytes are a value or a ProtocolError for every type, and allocate nothing they do not fill', () => {
  for (const type of composite) {
    const codec = codecOf(type);
    fc.assert(
      fc.property(valueOf(type, types), fc.nat(), fc.uint8Array({ minLength: 4, maxLength: 4 }), (value, at, word) => {
        const bytes = Buffer.from(encodeBody(codec, value));
        if (bytes.length > 0) bytes.set(word, (at % (bytes.length / 4)) * 4);
        decodes(codec, bytes);
      }),
      RUNS,
    );
  }
});

test('a list that claims more elements than bytes are left is refused at once', () => {
  const bytes = Buffer.from([0, 0, 0x40, 0, 0, 0, 0, 0]);
  const codec = codecOf(types.get('remote_connect_list_all_domains_ret') as NamedType);
  expect(() => decodeBody(codec, bytes)).toThrow('4 bytes where 393216 are needed');
});

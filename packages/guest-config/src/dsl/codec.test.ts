import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuNumbers, xmlText } from '../../test/arbitrary-value.ts';
import {
  atMost,
  base16,
  base16u64,
  type Codec,
  decimal,
  hex,
  int,
  mac,
  matching,
  oneOf,
  onOff,
  openOneOf,
  str,
  trueFalse,
  u64,
  uint,
  uuid,
  yesNo,
} from './codec.ts';
import { cpuset } from './cpuset.ts';

const size64 = fc.bigInt(0n, 2n ** 64n - 1n);

describe('what a codec prints, it reads as the same value', () => {
  test.each<[string, Codec<unknown>, fc.Arbitrary<unknown>]>([
    ['str', str, xmlText],
    ['uint', uint, fc.maxSafeNat()],
    ['int', int, fc.maxSafeInteger()],
    ['u64', u64, size64],
    ['decimal', decimal, fc.integer().map((value) => value / 1000)],
    ['hex(1)', hex(1), fc.maxSafeNat()],
    ['hex(4)', hex(4), fc.nat(0xffff)],
    ['base16', base16(4), fc.nat()],
    ['base16u64', base16u64(8), size64],
    ['atMost', atMost(31, hex(2)), fc.nat(31)],
    ['matching', matching(/^x/, 'x and more'), xmlText.map((text) => `x${text}`)],
    ['trueFalse', trueFalse, fc.boolean()],
    ['yesNo', yesNo, fc.boolean()],
    ['onOff', onOff, fc.boolean()],
    ['oneOf', oneOf('none', 'all'), fc.constantFrom('none', 'all')],
    ['openOneOf', openOneOf('none', 'all'), xmlText],
    ['uuid', uuid, fc.uuid()],
    ['cpuset', cpuset, cpuNumbers],
  ])('%s', (_, codec, values) => {
    fc.assert(
      fc.property(values, (value) => {
        const printed = codec.print(value);
        expect(printed).toBeTypeOf('string');
        expect(codec.parse(printed ?? '')).toEqual(value);
      }),
    );
  });
});

describe('forms that libvirt reads, too', () => {
  test.each<[string, Codec<unknown>, string, unknown]>([
    ['a number with zeros in front', uint, '007', 7],
    ['a number between blanks', uint, ' 2 ', 2],
    ['the largest number of 64 bits', u64, '18446744073709551615', 18446744073709551615n],
    ['a hexadecimal number of any width', hex(4), '0x8', 8],
    ['a decimal number for a hexadecimal one', hex(4), '31', 31],
    ['an octal number for a hexadecimal one', hex(2), '017', 15],
    ['a hexadecimal number without 0x', base16(4), '10', 16],
    ['a boolean by another word', trueFalse, 'yes', true],
    ['a UUID without dashes', uuid, '8E182517B78B4234978D65BA8CB1B678', '8e182517-b78b-4234-978d-65ba8cb1b678'],
    ['a MAC address in upper case', mac, '52:54:00:AB:CD:EF', '52:54:00:ab:cd:ef'],
    ['a set with an exclusion', cpuset, '0-3,^2,8', [0, 1, 3, 8]],
    ['a set with blanks', cpuset, '0 - 1, 3', [0, 1, 3]],
    ['an empty set', cpuset, '', []],
    ['a word of an open list that nobody knows', openOneOf('a'), 'b', 'b'],
  ])('%s', (_, codec, text, value) => {
    expect(codec.parse(text)).toEqual(value);
  });
});

describe('what is not of the form is no value', () => {
  test.each<[string, Codec<unknown>, readonly string[]]>([
    ['uint', uint, ['', '-1', '1.5', '0x1', '1e3', '9007199254740992', 'one']],
    ['int', int, ['', '--1', '1.0']],
    ['u64', u64, ['18446744073709551616', '-1', '']],
    ['decimal', decimal, ['', '1e3', '.5', 'NaN', 'Infinity']],
    ['hex', hex(1), ['', '0x', '08', 'ff', '-0x1', '0xffffffffffffffff']],
    ['base16', base16(1), ['', '0x', 'fg', '-1']],
    ['base16u64', base16u64(1), ['0x10000000000000000', '18446744073709551616', 'x']],
    ['atMost', atMost(31, hex(2)), ['0x20', '32', 'one']],
    ['matching', matching(/^x/, 'x and more'), ['', 'ax']],
    ['trueFalse', trueFalse, ['', 'True', 'on']],
    ['yesNo', yesNo, ['', 'Yes', 'true', '1']],
    ['oneOf', oneOf('none'), ['', 'None']],
    ['uuid', uuid, ['', '8e182517', 'g'.repeat(32)]],
    ['mac', mac, ['', '52:54:00:12:34', '52-54-00-12-34-56']],
    ['cpuset', cpuset, ['3-1', 'a', '1,', '0-65536', '99999999']],
  ])('%s', (_, codec, texts) => {
    expect(texts.filter((text) => codec.parse(text) !== undefined)).toEqual([]);
  });
});

test('a value of another type is not printed', () => {
  const codecs: Codec<unknown>[] = [
    uint,
    int,
    u64,
    decimal,
    hex(1),
    base16(1),
    base16u64(1),
    atMost(31, uint),
    matching(/^x/, 'x and more'),
    trueFalse,
    yesNo,
    onOff,
    oneOf('a'),
    uuid,
    mac,
    cpuset,
  ];
  const foreign = [undefined, null, {}, 'text', '1', -1.5, Number.NaN, -1n, 2n ** 64n, [-1], ['a']];
  for (const codec of codecs) {
    const printed = foreign.filter((value) => codec.print(value) !== undefined);
    expect(printed).toEqual(codec === decimal ? [-1.5] : []);
  }
});

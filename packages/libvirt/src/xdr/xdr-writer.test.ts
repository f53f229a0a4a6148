import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { XdrReader } from './xdr-reader.ts';
import { XdrWriter } from './xdr-writer.ts';

const written = (write: (writer: XdrWriter) => void): Buffer => {
  const writer = new XdrWriter();
  write(writer);
  return writer.bytes();
};

test('values lie as RFC 4506 lays them', () => {
  const bytes = written((w) => {
    w.int(-2, 'a');
    w.hyper(-2n, 'b');
    w.bool(true);
    w.string('sillyprog', 20, 'c');
    w.opaque(Uint8Array.of(1, 2, 3, 4, 5), 5, 'd');
    w.char(-1, 'e');
  });
  expect(bytes.toString('hex')).toBe(
    [
      'fffffffe',
      'fffffffffffffffe',
      '00000001',
      '00000009',
      '73696c6c7970726f67000000',
      '00000005',
      '0102030405000000',
      'ffffffff',
    ].join(''),
  );
});

test('padding is zeros, whatever lay in the memory before', () => {
  Buffer.allocUnsafe(4096).fill(0xff);
  for (let length = 0; length < 9; length++) {
    const bytes = written((w) => w.fixedOpaque(new Uint8Array(length).fill(7), length, 'x'));
    expect([...bytes.subarray(length)]).toEqual(Array.from({ length: -length & 3 }, () => 0));
  }
});

// Found with seed 2028915934: a value that made the buffer grow was written into the old one.
test('values of every kind survive the growth of the buffer at any place', () => {
  for (let before = 120; before <= 132; before++) {
    const bytes = written((w) => {
      for (let i = 0; i < before; i++) w.int(i, 'i');
      w.uhyper(2n ** 64n - 1n, 'u');
      w.double(0.5, 'd');
      w.string('text', 10, 's');
      w.chars(Int8Array.of(-1, 1));
      w.opaque(Uint8Array.of(9), 1, 'o');
    });
    const r = new XdrReader(bytes);
    for (let i = 0; i < before; i++) expect(r.int()).toBe(i);
    expect([r.uhyper(), r.double(), r.string(10), [...r.chars(2)], [...r.opaque(1)]]).toEqual([
      2n ** 64n - 1n,
      0.5,
      'text',
      [-1, 1],
      [9],
    ]);
    r.end();
  }
});

test.each<[string, (w: XdrWriter) => void, string]>([
  ['a fraction', (w) => w.int(1.5, 'id'), '"id" must be an integer of 32 bits, not 1.5'],
  ['too much', (w) => w.uint(2 ** 32, 'flags'), '"flags" must be an unsigned integer of 32 bits, not 4294967296'],
  ['less than nothing', (w) => w.uint(-1, 'flags'), '"flags" must be an unsigned integer of 32 bits, not -1'],
  [
    'a number for a bigint',
    (w) => w.uhyper(5 as unknown as bigint, 'memory'),
    '"memory" must be an unsigned bigint of 64 bits, not 5',
  ],
  ['a bigint too much', (w) => w.hyper(2n ** 63n, 'n'), '"n" must be a bigint of 64 bits, not 9223372036854775808'],
  ['a char too much', (w) => w.char(128, 'c'), '"c" must be an integer from -128 to 127, not 128'],
  ['no string', (w) => w.string(undefined as unknown as string, 9, 'xml'), '"xml" must be a string, not undefined'],
  ['a long string', (w) => w.string('äää', 5, 'name'), '"name" must be a length of at most 5, not 6'],
  [
    'a NUL',
    (w) => w.string('geheim\0', 9, 'name'),
    '"name" must be text without NUL characters and lone surrogates, not string',
  ],
  ['a lone surrogate', (w) => w.string('\ud800', 9, 'name'), '"name" must be text without'],
  ['a short UUID', (w) => w.fixedOpaque(new Uint8Array(3), 16, 'uuid'), '"uuid" must be of length 16, not 3'],
  ['a long list', (w) => w.count(17, 16, 'params'), '"params" must be a length of at most 16, not 17'],
])('the writer refuses %s by INVALID_VALUE', (_, write, message) => {
  expect(() => written(write)).toThrow(
    expect.objectContaining({ code: 'INVALID_VALUE', message: expect.stringContaining(message) }),
  );
});

test('text of any length comes back, and what it is followed by as well', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 700 }), fc.nat(), (text, number) => {
      fc.pre(!text.includes('\0'));
      const r = new XdrReader(
        written((w) => {
          w.string(text, 100_000, 'text');
          w.uint(number, 'number');
        }),
      );
      expect([r.string(100_000), r.uint()]).toEqual([text, number]);
    }),
  );
});

test('the reader keeps the low bits of small integers, as C does', () => {
  const words = Buffer.from('000000c8ffffffff0001ffff', 'hex');
  expect([new XdrReader(words).char(), new XdrReader(words, 4).uchar(), new XdrReader(words, 8).ushort()]).toEqual([
    -56, 255, 65_535,
  ]);
});

test('the reader refuses other truth values than 0 and 1, and says where', () => {
  const read = () => new XdrReader(Buffer.from('0000000000000002', 'hex'), 4).bool();
  expect(read).toThrow(ProtocolError);
  expect(read).toThrow('Byte 8 of 8: the truth value 2; allowed are 0 and 1');
});

test('what the reader returns does not change with the bytes it came from', () => {
  const bytes = Buffer.from('00000002aabb0000', 'hex');
  const value = new XdrReader(bytes).opaque(2);
  bytes.fill(0);
  expect([...value]).toEqual([0xaa, 0xbb]);
});

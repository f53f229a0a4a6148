import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NetMessageType } from '../generated/enums.gen.ts';
import { ProtocolError } from '../errors.ts';
import { encodeHead, type Frame, MAX_FRAME_BYTES } from './frame.ts';
import { frameSplitter } from './frame-splitter.ts';

const frame = (serial: number, payload: Uint8Array, type: number = NetMessageType.REPLY): Buffer =>
  Buffer.concat([
    encodeHead({ program: 1, version: 1, procedure: -3, type, serial, status: 0 }, payload.length),
    payload,
  ]);

/** A reply with descriptors: their number before the payload, a byte for each after the frame. */
const withFds = (serial: number, fds: number, payload: Uint8Array): Buffer => {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(fds);
  return Buffer.concat([
    frame(serial, Buffer.concat([count, payload]), NetMessageType.REPLY_WITH_FDS),
    Buffer.alloc(fds),
  ]);
};

const split = (chunks: readonly Uint8Array[]): Frame[] => {
  const frames: Frame[] = [];
  const push = frameSplitter((one) => frames.push(one));
  for (const chunk of chunks) push(chunk);
  return frames;
};

const stream = Buffer.concat([
  frame(1, Buffer.alloc(0)),
  frame(2, Buffer.from('payload!')),
  withFds(3, 3, Buffer.from('fd result')),
  frame(4, Buffer.alloc(40, 4)),
]);
const expected = [
  [1, ''],
  [2, 'payload!'],
  [3, 'fd result'],
  [4, '\x04'.repeat(40)],
];
const seen = (frames: readonly Frame[]) =>
  frames.map(({ serial, payload }) => [serial, Buffer.from(payload).toString()]);

test('frames come out whole, wherever the stream is cut', () => {
  for (let at = 0; at <= stream.length; at++) {
    expect(seen(split([stream.subarray(0, at), stream.subarray(at)])), `cut at ${at}`).toEqual(expected);
  }
});

test('frames come out whole byte by byte, and in any pieces', () => {
  expect(seen(split(Array.from(stream, (byte) => Buffer.of(byte))))).toEqual(expected);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 }), (sizes) => {
      let start = 0;
      const pieces = sizes.map((size) => stream.subarray(start, (start += size)));
      expect(seen(split([...pieces, stream.subarray(start)]))).toEqual(expected);
    }),
  );
});

test('the header reads as it was written', () => {
  const [one] = split([frame(0xffffffff, Buffer.of(1, 2, 3, 4))]);
  expect(one).toMatchObject({
    program: 1,
    version: 1,
    procedure: -3,
    type: 1,
    serial: 0xffffffff,
    status: 0,
    fdCount: 0,
  });
});

test('a frame within a chunk is not copied', () => {
  const bytes = frame(1, Buffer.from('abcd'));
  expect(split([bytes])[0]?.payload.buffer).toBe(bytes.buffer);
});

test.each([0, 27, MAX_FRAME_BYTES + 1, 0xffffffff])(
  'a length of %d is MALFORMED, and nothing is allocated for it',
  (length) => {
    const head = Buffer.alloc(28);
    head.writeUInt32BE(length);
    for (const chunks of [[head], [head.subarray(0, 2), head.subarray(2)]]) {
      expect(() => split(chunks)).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
    }
  },
);

test('the greatest length is waited for without room for it', () => {
  const head = Buffer.alloc(28);
  head.writeUInt32BE(MAX_FRAME_BYTES);
  const before = process.memoryUsage().arrayBuffers;
  expect(split([head])).toEqual([]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
});

test('more than 32 file descriptors are MALFORMED', () => {
  expect(() => split([withFds(1, 33, Buffer.alloc(0))])).toThrow(ProtocolError);
});

test('stream data means the same in pieces, wherever the stream is cut', () => {
  const data = (serial: number, payload: Uint8Array) => {
    const head = { program: 1, version: 1, procedure: 209, type: NetMessageType.STREAM, serial, status: 2 };
    return Buffer.concat([encodeHead(head, payload.length), payload]);
  };
  const sent = Buffer.concat([
    data(7, Buffer.from('first ')),
    frame(8, Buffer.from('reply')),
    data(7, Buffer.from('second')),
  ]);
  const whole = Buffer.concat([sent, data(7, Buffer.alloc(0)), frame(9, Buffer.from('end!'))]);
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const frames = split(at.slice(1).map((end, index) => whole.subarray(at[index], end)));
      const stream = frames.filter(({ serial }) => serial === 7);
      expect(Buffer.concat(stream.map(({ payload }) => payload)).toString()).toBe('first second');
      // Nothing means the end of the data, so it must come once, and last.
      expect(stream.map(({ payload }) => payload.length).indexOf(0)).toBe(stream.length - 1);
      expect(
        frames.filter(({ serial }) => serial !== 7).map(({ serial, payload }) => [serial, String(payload)]),
      ).toEqual([
        [8, 'reply'],
        [9, 'end!'],
      ]);
    }),
  );
});

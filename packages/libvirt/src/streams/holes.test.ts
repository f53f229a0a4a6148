import fc from 'fast-check';
import { expect, test } from 'vitest';
import { segmentsOf, sparseSender } from './holes.ts';
import type { Segment } from './intake.ts';

const BLOCK = 4096;

/** Runs of blocks that are zeros, or not, and a rest that is no whole block. */
const chunks = fc
  .tuple(fc.array(fc.tuple(fc.boolean(), fc.nat(3))), fc.nat(BLOCK - 1), fc.boolean())
  .map(([runs, rest, data]) =>
    Buffer.concat([
      ...runs.map(([filled, blocks]) => Buffer.alloc(blocks * BLOCK, filled ? 'data' : 0)),
      Buffer.alloc(rest, data ? 'rest' : 0),
    ]),
  );

function bytesOf(segments: readonly Segment[]): Buffer {
  return Buffer.concat(segments.map((one) => (one.type === 'hole' ? Buffer.alloc(Number(one.lengthBytes)) : one.data)));
}

/** Everything that is sent, in order. */
function recorder() {
  const sent: Segment[] = [];
  let finished = 0;
  return {
    sent,
    finished: () => finished,
    packets: {
      send: async (data: Uint8Array) => void sent.push({ type: 'data', data }),
      sendHole: async (lengthBytes: bigint) => void sent.push({ type: 'hole', lengthBytes }),
      finish: async () => void finished++,
    },
  };
}

test('segmentsOf loses nothing, and no two runs of one kind follow each other', () => {
  fc.assert(
    fc.property(chunks, (chunk) => {
      const segments = segmentsOf(chunk);
      expect(bytesOf(segments).equals(chunk)).toBe(true);
      segments.slice(1).forEach((one, index) => expect(one.type).not.toBe(segments[index]?.type));
    }),
  );
});

test('segmentsOf finds zeros in whole blocks', () => {
  const chunk = Buffer.concat([Buffer.alloc(BLOCK, 1), Buffer.alloc(3 * BLOCK), Buffer.from([0, 0, 7])]);
  expect(segmentsOf(chunk).map((one) => (one.type === 'hole' ? one.lengthBytes : one.data.length))).toEqual([
    BLOCK,
    BigInt(3 * BLOCK),
    3,
  ]);
  expect(segmentsOf(Buffer.alloc(0))).toEqual([]);
});

test('sparseSender joins holes of neighbouring chunks, and sends the one at the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(chunks, { maxLength: 4 }), async (parts) => {
      const { sent, packets, finished } = recorder();
      const sender = sparseSender(packets);
      for (const part of parts) await sender.send(part);
      await sender.finish();
      expect(bytesOf(sent).equals(Buffer.concat(parts))).toBe(true);
      expect(finished()).toBe(1);
      sent.slice(1).forEach((one, index) => {
        if (one.type === 'hole') expect(sent[index]?.type).toBe('data');
      });
    }),
  );
});

import { expect, test } from 'vitest';
import { intake, type Segment } from './intake.ts';

/** A reader who takes so many pieces each time he asks. */
function reader(appetite: number, options: { readonly segments?: boolean } = {}) {
  const pieces: (Uint8Array | Segment | null)[] = [];
  const texts = () => pieces.map((piece) => (piece instanceof Uint8Array ? Buffer.from(piece).toString() : piece));
  const flow: string[] = [];
  let hunger = 0;
  const received = intake({
    ...options,
    push(piece) {
      pieces.push(piece);
      return --hunger > 0;
    },
    flow: { pause: () => void flow.push('pause'), resume: () => void flow.push('resume') },
  });
  const ask = () => {
    hunger = appetite;
    received.wanted();
  };
  return { pieces, texts, flow, received, ask };
}

const data = (text: string): Segment => ({ type: 'data', data: Buffer.from(text) });

test('the daemon is stopped while something waits, and goes on when nothing does', () => {
  const { texts, flow, received, ask } = reader(1);
  received.add(data('a'));
  expect([texts().length, flow.at(-1), received.waitingBytes]).toEqual([0, 'pause', 1]);
  received.add(data('bc'));
  ask();
  expect([texts(), flow.at(-1), received.waitingBytes]).toEqual([['a'], 'pause', 2]);
  ask();
  expect([texts(), flow.at(-1), received.waitingBytes]).toEqual([['a', 'bc'], 'resume', 0]);
});

test('the end comes after everything that waits', () => {
  const { pieces, received, ask, flow } = reader(1);
  received.add(data('a'));
  received.end();
  expect(pieces).toEqual([]);
  expect(flow.at(-1)).toBe('resume');
  ask();
  expect(pieces).toEqual([Buffer.from('a'), null]);
});

test('a hole larger than memory is handed over in pieces, as many as are wanted', () => {
  const { pieces, received, ask } = reader(3);
  received.add({ type: 'hole', lengthBytes: 2n ** 62n });
  ask();
  expect(pieces.map((piece) => (piece instanceof Uint8Array ? piece.length : piece))).toEqual([
    262_144, 262_144, 262_144,
  ]);
  expect(received.waitingBytes).toBe(0);
});

test('a hole ends where it ends', () => {
  const { pieces, received, ask } = reader(10);
  ask();
  received.add({ type: 'hole', lengthBytes: 262_145n });
  received.add(data('x'));
  expect(pieces.map((piece) => (piece instanceof Uint8Array ? piece.length : piece))).toEqual([262_144, 1, 1]);
});

test('segments are handed over as they are', () => {
  const { pieces, received, ask } = reader(10, { segments: true });
  ask();
  const hole: Segment = { type: 'hole', lengthBytes: 2n ** 62n };
  received.add(hole);
  received.add(data('x'));
  expect(pieces).toEqual([hole, data('x')]);
});

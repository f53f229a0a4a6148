import { expect, test } from 'vitest';
import { fuzz } from '../fuzz.ts';

const FRAMES = 1_000_000;
const BATCH = 50_000;
const TIME_LIMIT_MS = 150_000;

test('a million damaged frames are values or typed errors, and leave no memory behind', () => {
  // Another one each time; what it finds names its own.
  const seed = Date.now() >>> 0;
  const started = performance.now();
  const total = { frames: 0, read: 0, refused: 0 };
  let highestBytes = 0;
  for (let batch = 0; batch * BATCH < FRAMES; batch++) {
    const { frames, read, refused } = fuzz({ count: BATCH, seed: seed + batch });
    total.frames += frames;
    total.read += read;
    total.refused += refused;
    highestBytes = Math.max(highestBytes, process.memoryUsage().rss);
    expect(performance.now() - started, 'the time that this may take').toBeLessThan(TIME_LIMIT_MS);
  }
  process.stderr.write(`fuzz from seed ${seed}: ${total.read} frames read, ${total.refused} refused\n`);
  expect(total.frames).toBe(FRAMES);
  expect(Math.min(total.read, total.refused)).toBeGreaterThan(FRAMES / 20);
  // A length in a frame must not be what is allocated.
  expect(highestBytes).toBeLessThan(1024 ** 3);
});

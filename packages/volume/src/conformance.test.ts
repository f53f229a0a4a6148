import { expect, test } from 'vitest';
import { verdicts } from '../../../tooling/conformance/volumes.ts';

test('volumes are connected, shown to guests and disconnected as Nova does it, in every recorded case', async () => {
  const counts = { passed: 0, failed: 0, excepted: 0 };
  const failures: string[] = [];
  for await (const { id, verdict } of verdicts()) {
    counts[verdict.status]++;
    if (verdict.status === 'failed') failures.push(`${id}: ${verdict.difference}`);
  }
  expect(failures).toEqual([]);
  expect(counts.passed).toBeGreaterThan(115);
  expect(counts.excepted / (counts.passed + counts.excepted)).toBeLessThanOrEqual(0.1);
});

import { expect, test } from 'vitest';
import { verdicts } from '../../../tooling/conformance/network.ts';

test('VIFs and their firewall are what Nova made of them in every recorded case', async () => {
  const counts = { passed: 0, failed: 0, excepted: 0 };
  const failures: string[] = [];
  for await (const { id, verdict } of verdicts()) {
    counts[verdict.status]++;
    if (verdict.status === 'failed') failures.push(`${id}: ${verdict.difference}`);
  }
  expect(failures).toEqual([]);
  expect(counts.passed).toBeGreaterThanOrEqual(100);
  expect(counts.excepted / (counts.passed + counts.excepted)).toBeLessThanOrEqual(0.05);
});

import { beforeAll, describe, expect, test } from 'vitest';
import { outcomeCounts, outcomeTable } from '../every-call/outcomes.ts';
import { walkEverything } from '../every-call/whole-walk.ts';
import { labObstacle, SYSTEM_SOCKET, startLibvirt, tinyGuest } from '../lab.ts';

if (labObstacle) process.stderr.write(`skipped, every call of the test driver: ${labObstacle}\n`);

describe.skipIf(labObstacle)('every call of the protocol', () => {
  beforeAll(startLibvirt);

  test('is understood by the test driver, and its answer by us', async () => {
    const walk = await walkEverything({ uri: 'test:///default', socket: SYSTEM_SOCKET, tiny: tinyGuest() });
    expect(outcomeCounts(walk)).toMatchObject({ known: 407, missing: 0 });
    expect(outcomeCounts(walk).okWithArguments).toBeGreaterThanOrEqual(200);
    // Recorded from libvirt 9.0.0; `vitest -u` writes it anew.
    await expect(outcomeTable(walk)).toMatchFileSnapshot('../every-call/test-driver.txt');
  });
});

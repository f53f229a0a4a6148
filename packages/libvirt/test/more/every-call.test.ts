import { beforeAll, describe, expect, test } from 'vitest';
import { outcomeCounts, outcomeTable } from '../every-call/outcomes.ts';
import { walkEverything } from '../every-call/whole-walk.ts';
import { labObstacle, SYSTEM_SOCKET, startLibvirt, tinyGuest } from '../lab.ts';

if (labObstacle) process.stderr.write(`skipped, every call of QEMU's driver: ${labObstacle}\n`);

describe.skipIf(labObstacle)('every call of the protocol', () => {
  beforeAll(startLibvirt);

  test('is understood by QEMU’s driver, and its answer by us', async () => {
    const walk = await walkEverything({ uri: 'qemu:///system', socket: SYSTEM_SOCKET, tiny: tinyGuest() });
    expect(outcomeCounts(walk)).toMatchObject({ known: 407, missing: 0 });
    expect(outcomeCounts(walk).okWithArguments).toBeGreaterThanOrEqual(300);
    // Recorded from libvirt 9.0.0 with QEMU 7.2 under TCG; `vitest -u` writes it anew.
    await expect(outcomeTable(walk)).toMatchFileSnapshot('../every-call/qemu-driver.txt');
  });
});

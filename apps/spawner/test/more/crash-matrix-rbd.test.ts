import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { downCeph, type LabCeph, noCeph, removeImage, upCeph } from '../../../../packages/image-backend/test/ceph.ts';
import { openLab, type Tiny } from '../integration/lab.ts';
import { testPrefix } from '../integration/workspace.ts';
import { openLane } from '../sweep/lane.ts';
import { rbdSpecimen } from '../sweep/specimens.ts';
import { diskSweeps, SWEEP_MS } from '../sweep/sweeps.ts';

if (noCeph) process.stderr.write(`skipped, sweeps with disks in Ceph: ${noCeph}\n`);

describe.skipIf(noCeph)('with disks in Ceph', () => {
  let tiny: Tiny;
  let ceph: LabCeph;
  const parent = `images/${testPrefix}swept`;

  beforeAll(async () => {
    tiny = openLab();
    ceph = await upCeph();
    await ceph.rbd('import', '--no-progress', join(tiny.directory, 'disk.raw'), parent);
    await ceph.rbd('snap', 'create', '--no-progress', `${parent}@snap`);
    await ceph.rbd('snap', 'protect', `${parent}@snap`);
  }, 900_000);
  afterAll(async () => {
    await removeImage(ceph, parent);
    await downCeph();
  }, 120_000);

  test.each(diskSweeps)(
    'at whatever point %s, nothing of it is left',
    async (_, sweep) => {
      await using lane = await openLane(tiny, rbdSpecimen(ceph, parent));
      expect(await sweep(lane)).toBeGreaterThan(5);
    },
    SWEEP_MS,
  );
});

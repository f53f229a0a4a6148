import { afterAll, beforeAll, describe, test } from 'vitest';
import { backendContract } from '../../src/testing/index.ts';
import { downCeph, type LabCeph, noCeph, rbdUnderTest, upCeph } from '../ceph.ts';

if (noCeph) process.stderr.write(`skipped, disks in a real Ceph: ${noCeph}\n`);

/** One of each kind; `./test --all` runs the whole contract, and boots a guest from a clone. */
const representatives = [
  'a disk of a raw image has its bytes, and zeros up to its size',
  'a disk of a qcow2 image has its bytes, and zeros up to its size',
  'a disk goes back to its snapshot, as often as wanted',
  'of many that make one disk at once, one succeeds',
  'a disk that is there already is left alone',
];

describe.skipIf(noCeph)('rbdBackend on a real Ceph', () => {
  let ceph: LabCeph;
  beforeAll(async () => {
    ceph = await upCeph();
  }, 900_000);
  afterAll(downCeph, 60_000);

  for (const { name, run } of backendContract((exec) => rbdUnderTest(ceph, exec))) {
    if (representatives.includes(name)) test(name, run);
  }
});

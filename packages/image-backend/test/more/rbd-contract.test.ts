import { hostExec } from '@spawnkit/effects';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { backendContract } from '../../src/testing/index.ts';
import { downCeph, type LabCeph, noCeph, rbdUnderTest, upCeph } from '../ceph.ts';

if (noCeph) process.stderr.write(`skipped, the contract on a real Ceph: ${noCeph}\n`);

describe.skipIf(noCeph)('rbdBackend on a real Ceph', () => {
  let ceph: LabCeph;
  beforeAll(async () => {
    ceph = await upCeph();
  }, 900_000);
  afterAll(downCeph, 60_000);

  for (const { name, run } of backendContract((exec) => rbdUnderTest(ceph, exec ?? hostExec()))) test(name, run);
});

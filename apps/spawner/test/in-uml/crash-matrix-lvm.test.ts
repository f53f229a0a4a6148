import { join } from 'node:path';
import { beforeAll, describe } from 'vitest';
import { tinyGuest } from '../../../../packages/image-backend/test/tiny-guest.ts';
import { casesInUml } from '../../../../tooling/lab/uml/cases-in-uml.ts';
import { noUml } from '../../../../tooling/lab/uml/run-in-uml.ts';
import { crashCases } from '../uml/crash-cases.ts';

if (noUml) process.stderr.write(`skipped, sweeps with disks on volumes: ${noUml}\n`);

const script = join(import.meta.dirname, '../uml/run.ts');
const names = crashCases.map(({ name }) => name);

describe.skipIf(noUml)('with disks on a volume group', () => {
  beforeAll(() => tinyGuest(), 200_000);
  casesInUml({ script, suite: 'crash', names, seconds: 1200, diskMiB: 768, memoryMiB: 1024 });
});

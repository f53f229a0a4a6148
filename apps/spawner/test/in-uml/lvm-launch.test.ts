import { join } from 'node:path';
import { beforeAll, describe } from 'vitest';
import { tinyGuest } from '../../../../packages/image-backend/test/tiny-guest.ts';
import { casesInUml } from '../../../../tooling/lab/uml/cases-in-uml.ts';
import { noUml } from '../../../../tooling/lab/uml/run-in-uml.ts';
import { lvmCases } from '../uml/lvm-cases.ts';

if (noUml) process.stderr.write(`skipped, guests on real volumes: ${noUml}\n`);

const script = join(import.meta.dirname, '../uml/run.ts');
const names = lvmCases.map(({ name }) => name);

describe.skipIf(noUml)('disks on volumes', () => {
  beforeAll(() => tinyGuest(), 200_000);
  casesInUml({ script, suite: 'lvm', names, seconds: 900, diskMiB: 512, memoryMiB: 2048 });
});

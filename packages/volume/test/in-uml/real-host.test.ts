import { join } from 'node:path';
import { describe } from 'vitest';
import { casesInUml } from '../../../../tooling/lab/uml/cases-in-uml.ts';
import { noUml } from '../../../../tooling/lab/uml/run-in-uml.ts';
import { connectorContract } from '../../src/testing/index.ts';
import { cryptCases } from '../uml/crypt-cases.ts';

if (noUml) process.stderr.write(`skipped, volumes on a real host: ${noUml}\n`);

const script = join(import.meta.dirname, '../uml/run.ts');
const contract = connectorContract(() => Promise.reject(new Error('it runs in user-mode Linux')));
const suites = { iscsi: contract, nfs: contract, smbfs: contract, crypt: cryptCases };

describe.skipIf(noUml).each(Object.entries(suites))('on a whole host in user-mode Linux, %s', (suite, cases) => {
  const names = cases.map(({ name }) => name);
  casesInUml({ script, suite, names, groups: ['storage'], seconds: 600, diskMiB: 64, memoryMiB: 1024 });
});

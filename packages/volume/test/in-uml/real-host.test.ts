import { join } from 'node:path';
import { describe } from 'vitest';
import { noUml } from '../../../../tooling/lab/uml/run-in-uml.ts';
import { suitesInUml } from '../../../../tooling/lab/uml/suites-in-uml.ts';
import { connectorContract } from '../../src/testing/index.ts';
import { cryptCases } from '../uml/crypt-cases.ts';

if (noUml) process.stderr.write(`skipped, volumes on a real host: ${noUml}\n`);

const script = join(import.meta.dirname, '../uml/run.ts');
const namesOf = (cases: readonly { readonly name: string }[]) => cases.map(({ name }) => name);
const contract = namesOf(connectorContract(() => Promise.reject(new Error('it runs in user-mode Linux'))));
const suites = { iscsi: contract, crypt: namesOf(cryptCases), smbfs: contract, nfs: contract };

describe.skipIf(noUml)('on a whole host in user-mode Linux', () => {
  suitesInUml({ script, suites, groups: ['storage'], seconds: 600, diskMiB: 64, memoryMiB: 1024 });
});

import { join } from 'node:path';
import { beforeAll, describe } from 'vitest';
import { backendContract } from '../../src/testing/index.ts';
import { casesInUml } from '../../../../tooling/lab/uml/cases-in-uml.ts';
import { ofAnyKind } from '../kinds-of-volumes.ts';
import { tinyGuest } from '../tiny-guest.ts';
import { noUml } from '../../../../tooling/lab/uml/run-in-uml.ts';
import { guestCases } from '../uml/guest-cases.ts';
import { volumeCases } from '../uml/volume-cases.ts';

if (noUml) process.stderr.write(`skipped, disks on real volumes: ${noUml}\n`);

const script = join(import.meta.dirname, '../uml/run.ts');
const contract = backendContract(() => Promise.reject(new Error('it runs in user-mode Linux')));
const namesOf = (cases: readonly { readonly name: string }[]) => cases.map(({ name }) => name);

describe.skipIf(noUml)('lvmBackend on real volumes', () => {
  describe('thick', () => {
    casesInUml({ script, suite: 'thick', names: namesOf(contract), seconds: 1200, diskMiB: 8192 });
  });
  describe.each(['sparse', 'encrypted'])('%s', (suite) => {
    casesInUml({ script, suite, names: ofAnyKind, seconds: 600, diskMiB: 8192 });
  });
  describe('a whole host', () => {
    beforeAll(() => tinyGuest(), 200_000);
    casesInUml({ script, suite: 'guest', names: namesOf(guestCases), seconds: 400, diskMiB: 512, memoryMiB: 3072 });
  });
  describe('what only real volumes can tell', () => {
    casesInUml({ script, suite: 'volumes', names: namesOf(volumeCases), seconds: 1200, diskMiB: 512 });
  });
});

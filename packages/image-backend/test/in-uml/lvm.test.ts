import { join } from 'node:path';
import { beforeAll, describe } from 'vitest';
import { backendContract } from '../../src/testing/index.ts';
import { noUml } from '../../../../tooling/lab/uml/run-in-uml.ts';
import { suitesInUml } from '../../../../tooling/lab/uml/suites-in-uml.ts';
import { ofAnyKind } from '../kinds-of-volumes.ts';
import { tinyGuest } from '../tiny-guest.ts';
import { guestCases } from '../uml/guest-cases.ts';
import { killCases, volumeCases } from '../uml/volume-cases.ts';

if (noUml) process.stderr.write(`skipped, disks on real volumes: ${noUml}\n`);

const script = join(import.meta.dirname, '../uml/run.ts');
const contract = backendContract(() => Promise.reject(new Error('it runs in user-mode Linux')));
const namesOf = (cases: readonly { readonly name: string }[]) => cases.map(({ name }) => name);

describe.skipIf(noUml)('lvmBackend on real volumes', () => {
  beforeAll(() => tinyGuest(), 200_000);
  const suites = {
    thick: namesOf(contract),
    kills: namesOf(killCases),
    sparse: ofAnyKind,
    encrypted: ofAnyKind,
    volumes: namesOf(volumeCases),
    guest: namesOf(guestCases),
  };
  suitesInUml({ script, suites, seconds: 1200, diskMiB: 8192, memoryMiB: 2048 });
});

import { beforeAll, describe, expect, test } from 'vitest';
import { connectorContract } from '../../src/testing/index.ts';
import { noUml, runInUml, type UmlOutcome } from '../uml.ts';
import { cryptCases } from '../uml/crypt-cases.ts';

if (noUml) process.stderr.write(`skipped, volumes on a real host: ${noUml}\n`);

const contract = connectorContract(() => Promise.reject(new Error('it runs in user-mode Linux')));
const suites = { iscsi: contract, nfs: contract, smbfs: contract, crypt: cryptCases };

describe.skipIf(noUml).each(Object.entries(suites))('on a whole host in user-mode Linux, %s', (suite, cases) => {
  let outcomes: ReadonlyMap<string, UmlOutcome>;
  beforeAll(async () => {
    outcomes = await runInUml(suite);
  }, 1_300_000);

  test.each(cases.map(({ name }) => name))('%s', (name) => {
    expect(outcomes.get(name)).toEqual({ name });
  });
});

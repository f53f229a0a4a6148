import { join } from 'node:path';
import { describe } from 'vitest';
import { casesInUml } from '../../../../tooling/lab/uml/cases-in-uml.ts';
import { noUml } from '../../../../tooling/lab/uml/run-in-uml.ts';

if (noUml) process.stderr.write(`skipped, disks on real volumes: ${noUml}\n`);

const script = join(import.meta.dirname, '../uml/run.ts');
/** One of each kind; `./test --all` runs the whole contract, on volumes of all kinds. */
const names = [
  'a disk of a qcow2 image has its bytes, and zeros up to its size',
  'a swap disk is swap space of its size',
  'a disk that is there already is left alone',
  'a disk goes back to its snapshot, as often as wanted',
];

describe.skipIf(noUml)('lvmBackend on real volumes', () => {
  casesInUml({ script, suite: 'thick', names, seconds: 120, diskMiB: 2048 });
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setUpUml } from '../../../../tooling/lab/uml/run-in-uml.ts';

const root = join(import.meta.dirname, '../../../..');
const lab = process.env['SPAWNKIT_LAB'] ?? join(root, '.lab');

/** What a script of this directory prints as JSON in user-mode Linux, whose kernel has what the lab's own lacks. */
export async function scriptInUml(script: string, memoryMiB: number): Promise<unknown> {
  await setUpUml();
  const machine = ['--memory', String(memoryMiB), '--seconds', '380'];
  const command = [process.execPath, join(import.meta.dirname, script), join(lab, 'uml/modules')];
  const run = promisify(execFile);
  const { stdout } = await run(join(root, 'tooling/lab/uml/run'), [...machine, '--', ...command], { cwd: root });
  return JSON.parse(stdout);
}

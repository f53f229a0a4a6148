import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../../..');

/** What one case came to, as a script in user-mode Linux prints it, one JSON object per line. */
export interface UmlOutcome {
  readonly name: string;
  /** Missing: it passed. */
  readonly error?: string;
}

/** Why there can be no user-mode Linux here; undefined when there can. */
export const noUml = process.getuid?.() === 0 ? undefined : 'user-mode Linux works on the host’s files, and needs root';

/** Runs a suite of test/uml/run.ts in a machine of its own; the outcomes of its cases by their names. */
export async function runInUml(suite: string): Promise<ReadonlyMap<string, UmlOutcome>> {
  await promisify(execFile)(join(root, 'tooling/setup/debian'), ['base', 'uml', 'storage'], { timeout: 600_000 });
  const machine = ['--seconds', '600', '--memory', '1024', '--disk', '64'];
  const command = [process.execPath, join(import.meta.dirname, 'uml/run.ts'), suite];
  const { code, stdout, stderr } = await ended(join(root, 'tooling/lab/uml/run'), [...machine, '--', ...command]);
  if (code !== 0) throw new Error(`The suite ${suite} in user-mode Linux ended with ${code}: ${stdout}${stderr}`);
  const outcomes = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as UmlOutcome] : []));
  return new Map(outcomes.map((outcome) => [outcome.name, outcome]));
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ended(file: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

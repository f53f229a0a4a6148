import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../../..');

/** What one case came to, as `reportCases` prints it. */
export interface UmlOutcome {
  readonly name: string;
  /** Missing: it passed. */
  readonly error?: string;
}

export interface UmlRun {
  /** What Node.js runs there, as `SCRIPT SUITE [NAME…]`; it ends with `reportCases`. */
  readonly script: string;
  readonly suite: string;
  /** Missing: all its cases. */
  readonly names?: readonly string[];
  readonly seconds: number;
  readonly diskMiB: number;
  /** Default 768. */
  readonly memoryMiB?: number;
}

/** Why there can be no user-mode Linux here; undefined when there can. */
export const noUml = process.getuid?.() === 0 ? undefined : 'user-mode Linux works on the host’s files, and needs root';

/** Installs what is missing: user-mode Linux, and other groups of tooling/setup/debian. */
export async function setUpUml(groups: readonly string[] = []): Promise<void> {
  await promisify(execFile)(join(root, 'tooling/setup/debian'), ['base', 'uml', ...groups], { timeout: 600_000 });
}

/** Runs cases in user-mode Linux; their outcomes by their names. */
export async function runInUml(run: UmlRun): Promise<ReadonlyMap<string, UmlOutcome>> {
  const { script, suite, names = [], seconds, diskMiB, memoryMiB = 768 } = run;
  const machine = ['--seconds', `${seconds}`, '--memory', `${memoryMiB}`, '--disk', `${diskMiB}`];
  const command = [process.execPath, script, suite, ...names];
  const { code, stdout, stderr } = await ended(join(import.meta.dirname, 'run'), [...machine, '--', ...command]);
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

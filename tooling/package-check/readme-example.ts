import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './packed.ts';

const execute = promisify(execFile);
/** An example begins here at the latest. */
const FIRST_LINES = 10;
const compiler = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--module', 'nodenext'];
const checks = [
  '--target',
  'es2024',
  '--lib',
  'es2024,esnext.disposable',
  '--types',
  'node',
  '--skipLibCheck',
  'false',
];

/** The first example of a README. Throws where it begins too late. */
export function firstExample(readme: string): string {
  const found = /^```ts\b[^\n]*\n([\s\S]*?)^```$/m.exec(readme);
  const line = found ? readme.slice(0, found.index).split('\n').length : Number.POSITIVE_INFINITY;
  if (!found?.[1] || line > FIRST_LINES) throw new Error(`its README has no example in its first ${FIRST_LINES} lines`);
  return found[1];
}

/** Compiles an example, strictly, in a project that has installed what it imports. Throws with what the compiler says. */
export async function compileExample(example: string, { directory, name }: Place): Promise<void> {
  const file = join(directory, `${name}.ts`);
  await writeFile(file, example);
  await run([process.execPath, ...compiler, ...checks, file], directory);
}

/** Runs a compiled example on the given Node. Throws with its exit code and what it said. */
export async function runExample(node: string, { directory, name }: Place): Promise<void> {
  await run([node, join(directory, `${name}.ts`)], directory);
}

/** Where an example lies: a project, and a name that is not a package's own. */
interface Place {
  readonly directory: string;
  readonly name: string;
}

async function run([file = '', ...args]: readonly string[], directory: string): Promise<void> {
  try {
    await execute(file, args, { cwd: directory, timeout: 60_000 });
  } catch (cause) {
    const { code, stdout, stderr } = cause as { code?: unknown; stdout?: string; stderr?: string };
    throw new Error(`exit code ${String(code)}\n${stdout ?? ''}${stderr ?? ''}`, { cause });
  }
}

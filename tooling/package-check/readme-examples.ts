import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installAll, type PackedPackage, packAll, root } from './packed.ts';

/**
 * Compiles the first example of each package's README against the packed package and runs it, on our own Node or, with
 * `--oldest`, on the oldest that the packages support. Examples marked `daemon` talk to the libvirt daemon of the lab.
 */
const node = process.argv.includes('--oldest')
  ? execFileSync(join(root, 'tooling/setup/node22'), ['--path'], { encoding: 'utf8' }).trim()
  : process.execPath;
/** An example begins here at the latest. */
const FIRST_LINES = 10;
const directory = mkdtempSync(join(tmpdir(), 'spawnkit-readme-'));
let passed = 0;
let failed = 0;
try {
  const packages = packAll(join(directory, 'tarballs'));
  installAll(directory, packages);
  if (packages.some(({ readme }) => /^```ts daemon$/m.test(readme))) {
    execFileSync(join(root, 'tooling/lab/lab'), ['up', 'libvirt', '--no-network'], { stdio: 'inherit' });
  }
  for (const one of packages) check(one);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function check({ name, readme }: PackedPackage): void {
  const found = /^```ts\b[^\n]*\n([\s\S]*?)^```$/m.exec(readme);
  const line = found ? readme.slice(0, found.index).split('\n').length : Number.POSITIVE_INFINITY;
  if (!found?.[1] || line > FIRST_LINES)
    return verdict(name, `its README has no example in its first ${FIRST_LINES} lines`);
  const file = join(directory, `${name.replace('@spawnkit/', '')}.ts`);
  writeFileSync(file, found[1]);
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
  verdict(`${name}: compiles`, run([process.execPath, ...compiler, ...checks, file]));
  verdict(`${name}: runs on ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`, run([node, file]));
}

/** What went wrong, or nothing. */
function run([file = '', ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: directory, encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) return `exit code ${status}\n${stdout}${stderr}`;
  return '';
}

function verdict(what: string, problem: string): void {
  if (problem) {
    failed++;
    console.error(`${what}: ${problem}`);
  } else {
    passed++;
    console.log(`${what}: ok`);
  }
}

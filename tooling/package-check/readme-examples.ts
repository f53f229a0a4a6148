import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installAll, type PackedPackage, packAll, root } from './packed.ts';
import { compileExample, firstExample, runExample } from './readme-example.ts';

/**
 * Compiles the first example of each package's README against the packed package and runs it, on our own Node or, with
 * `--oldest`, on the oldest that the packages support. Examples marked `daemon` talk to the libvirt daemon of the lab.
 */
const node = process.argv.includes('--oldest')
  ? execFileSync(join(root, 'tooling/setup/node22'), ['--path'], { encoding: 'utf8' }).trim()
  : process.execPath;
const nodeVersion = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
const directory = mkdtempSync(join(tmpdir(), 'spawnkit-readme-'));
let passed = 0;
let failed = 0;
try {
  const packages = packAll(join(directory, 'tarballs'));
  installAll(directory, packages);
  if (packages.some(({ readme }) => /^```ts daemon$/m.test(readme))) {
    execFileSync(join(root, 'tooling/lab/lab'), ['up', 'libvirt', '--no-network'], { stdio: 'inherit' });
  }
  for (const one of packages) await check(one);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function check({ name, readme }: PackedPackage): Promise<void> {
  const place = { directory, name: name.replace('@spawnkit/', '') };
  await verdict(`${name}: compiles`, () => compileExample(firstExample(readme), place));
  await verdict(`${name}: runs on ${nodeVersion}`, () => runExample(node, place));
}

async function verdict(what: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    passed++;
    console.log(`${what}: ok`);
  } catch (error) {
    failed++;
    console.error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

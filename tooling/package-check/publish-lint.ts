import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packAll, root } from './packed.ts';

/** publint and attw on every package, as it would be published; and which files go into it. */
const directory = mkdtempSync(join(tmpdir(), 'spawnkit-publish-'));
let passed = 0;
let failed = 0;
try {
  for (const { name, folder, tarball } of packAll(directory)) {
    const file = readFileSync(tarball);
    const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
    verdict(`${name}: publint`, messages.map((message) => formatMessage(message, pkg) ?? message.code).join('\n'));
    const attw = spawnSync(
      join(root, 'node_modules/.bin/attw'),
      [tarball, '--profile', 'esm-only', '--format', 'ascii'],
      { cwd: join(root, folder), encoding: 'utf8' },
    );
    verdict(`${name}: attw`, attw.status === 0 ? '' : attw.stdout + attw.stderr);
    verdict(`${name}: files`, wrongFiles(tarball, pkg['files'] as readonly string[]).join('\n'));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** What the package should not bring, and what it lacks. */
function wrongFiles(tarball: string, declared: readonly string[]): readonly string[] {
  const always = ['package.json', 'README.md', 'LICENSE'];
  const files = execFileSync('tar', ['--list', '--file', tarball], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^package\//, ''));
  const missing = always.filter((file) => !files.includes(file));
  const stray = files.filter((file) => {
    if (file.startsWith('dist/')) return !/\.(js|js\.map|d\.ts)$/.test(file) || /\.test\.|\/test\//.test(file);
    return !always.includes(file) && !declared.some((one) => file === one || file.startsWith(`${one}/`));
  });
  return [...missing.map((file) => `lacks ${file}`), ...stray.map((file) => `brings ${file}`)];
}

function verdict(what: string, problems: string): void {
  if (problems) {
    failed++;
    console.error(`${what}:\n${problems}`);
  } else {
    passed++;
  }
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packAll, root } from './packed.ts';

/** publint and attw on every package, as it would be published. */
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
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function verdict(what: string, problems: string): void {
  if (problems) {
    failed++;
    console.error(`${what}:\n${problems}`);
  } else {
    passed++;
  }
}

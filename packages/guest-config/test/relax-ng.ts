import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether xmllint is at hand; says so when not, for the test that is skipped then. */
export function hasXmllint(): boolean {
  if (!spawnSync('xmllint', ['--version']).error) return true;
  process.stderr.write('skipped: there is no xmllint; Debian has it in libxml2-utils\n');
  return false;
}

/** The documents that a RelaxNG grammar refuses, each with xmllint's reason. */
export function refusedBy(grammar: string, documents: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'guest-config-rng-'));
  try {
    for (const [name, xml] of documents) writeFileSync(join(directory, name), xml);
    const options = { cwd: directory, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 120_000 } as const;
    const { stderr, error } = spawnSync('xmllint', ['--noout', '--relaxng', grammar, ...documents.keys()], options);
    if (error) throw error;
    const verdicts = new Set(stderr.split('\n'));
    const refused = [...documents.keys()].filter((name) => !verdicts.has(`${name} validates`));
    return new Map(refused.map((name) => [name, reason(stderr, name)]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function reason(output: string, name: string): string {
  return output.split('\n').find((line) => line.startsWith(`${name}:`)) ?? 'xmllint does not say why';
}

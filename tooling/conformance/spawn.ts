import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { comparedSpawn, undoneByNova } from '../../apps/spawner/test/recorded/compared-spawn.ts';
import { expectedOfFiles, type FilesCase, runFilesCase } from '../../apps/spawner/test/recorded/recorded-files.ts';
import type { SpawnCase } from '../../apps/spawner/test/recorded/recorded-spawn-case.ts';
import { runSpawnCase } from '../../apps/spawner/test/recorded/run-spawn-case.ts';
import { hypervisorException, spawnException } from '../../apps/spawner/test/recorded/spawn-exceptions.ts';
import { type CaseVerdict, firstDifference, report, type Verdict } from './report.ts';

const ownVectors = join(import.meta.dirname, '../../apps/spawner/test/vectors/spawn');

/** The recorded spawns, played by the app's own `spawn`, and the recorded calls that make and remove files of an instance. */
export async function run(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--dir');
  const directory = at < 0 ? ownVectors : (args[at + 1] ?? ownVectors);
  await noteDifferences(directory);
  return report(verdicts(directory));
}

/**
 * What is asked of us in the place of a recorded field, in every case alike and whether it makes a difference or not: so it is no
 * exception, and is told here with the cases that it changes.
 */
async function noteDifferences(directory: string): Promise<void> {
  const spawns = await cases<SpawnCase>(directory, 'spawn');
  const waits = spawns.filter(({ expected: { spawn } }) => spawn.events_still_registered > 0);
  const failed = spawns.filter(({ expected: { spawn } }) => spawn.result === 'error');
  const domains = failed.filter(({ expected: { spawn } }) => spawn.domain_after.defined || spawn.domain_after.state);
  const changed = new Set([...waits, ...domains]).size;
  console.log(`NOTE no wait for an event stays armed; Nova leaves some in ${waits.length} cases`);
  console.log(
    `NOTE of ${failed.length} failed spawns nothing is left; Nova leaves that to its caller's destroy, and a domain until then in ${domains.length}`,
  );
  console.log(
    `NOTE of ${spawns.length} spawns, ${changed} have one of these two recorded otherwise than it is asked of us`,
  );
}

async function* verdicts(directory: string): AsyncIterable<CaseVerdict> {
  for (const one of await cases<SpawnCase>(directory, 'spawn')) yield { id: one.id, verdict: await spawnVerdict(one) };
  for (const one of await cases<FilesCase>(directory, 'files')) {
    const difference = firstDifference(expectedOfFiles(one), await runFilesCase(one));
    yield { id: one.id, verdict: difference === undefined ? { status: 'passed' } : { status: 'failed', difference } };
  }
}

async function cases<Case>(directory: string, name: string): Promise<readonly Case[]> {
  const text = await readFile(join(directory, `${name}.json`), 'utf8');
  return (JSON.parse(text) as { cases: readonly Case[] }).cases;
}

async function spawnVerdict(one: SpawnCase): Promise<Verdict> {
  const refused = hypervisorException(one);
  if (refused !== undefined) return { status: 'excepted', rule: refused };
  const undone = undoneByNova(one);
  const disagreement = undone && firstDifference(undone.expected, undone.actual, 'undone by Nova');
  if (disagreement !== undefined) return { status: 'failed', difference: disagreement };
  const outcome = await runSpawnCase(one);
  const { expected, actual } = comparedSpawn(one, outcome);
  const difference = firstDifference(plain(expected), plain(actual));
  if (difference === undefined) return { status: 'passed' };
  const isEqual = (instead: Readonly<Record<string, unknown>>) =>
    firstDifference(plain({ ...(expected as object), ...instead }), plain(actual)) === undefined;
  const rule = spawnException(one, outcome, isEqual);
  return rule === undefined ? { status: 'failed', difference } : { status: 'excepted', rule };
}

/** Without fields that say nothing. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordedInjection, type InjectionCase } from '../../packages/configdrive/test/recorded-injection.ts';
import { type CaseVerdict, firstDifference, report, type Verdict } from './report.ts';

const ownVectors = join(import.meta.dirname, '../../packages/configdrive/test/vectors/injection');

/** The recorded cases of injection: the guest's files afterwards, and what was returned or thrown. */
export async function run(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--dir');
  return report(verdicts(at < 0 ? ownVectors : (args[at + 1] ?? ownVectors)));
}

async function* verdicts(directory: string): AsyncIterable<CaseVerdict> {
  const text = await readFile(join(directory, 'inject.json'), 'utf8');
  for (const one of (JSON.parse(text) as { cases: readonly InjectionCase[] }).cases) {
    yield { id: one.id, verdict: await verdictOf(one) };
  }
}

async function verdictOf(one: InjectionCase): Promise<Verdict> {
  const { returned, error, guest_files_after } = one.expected;
  const expected = { ...(error === undefined ? { returned } : { error: true }), guest_files_after };
  const difference = firstDifference(expected, await recordedInjection(one));
  return difference === undefined ? { status: 'passed' } : { status: 'failed', difference };
}

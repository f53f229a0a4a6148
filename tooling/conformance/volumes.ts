import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTree, treeDifference } from '../../packages/guest-designer/test/xml-tree.ts';
import {
  type Constants,
  phaseOf,
  type RecordedPhase,
  type Recording,
  type VolumeCase,
} from '../../packages/volume/test/recorded/recorded-case.ts';
import { mutatingSteps } from '../../packages/volume/test/recorded/recorded-forms.ts';
import {
  type PhaseOutcome,
  runVolumeCase,
  type VolumeOutcome,
} from '../../packages/volume/test/recorded/recorded-outcome.ts';
import { volumeException } from '../../packages/volume/test/recorded/volume-exceptions.ts';
import { type CaseVerdict, firstDifference, report, type Verdict } from './report.ts';

const ownVectors = join(import.meta.dirname, '../../packages/volume/test/vectors/volumes');

/** The recorded cases of volumes: connect, the guest's disk, disconnect, and their order when something fails. */
export async function run(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--dir');
  return report(verdicts(at < 0 ? ownVectors : (args[at + 1] ?? ownVectors)));
}

export async function* verdicts(directory = ownVectors): AsyncIterable<CaseVerdict> {
  for (const name of ['config', 'sequence']) {
    const text = await readFile(join(directory, `${name}.json`), 'utf8');
    const { cases, constants } = JSON.parse(text) as Recording;
    for (const one of cases) yield { id: one.id, verdict: await verdictOf(one, constants) };
  }
}

async function verdictOf(one: VolumeCase, constants: Constants): Promise<Verdict> {
  const ours = await runVolumeCase(one, constants).catch((error: unknown) =>
    error instanceof Error ? error.stack : String(error),
  );
  if (typeof ours !== 'object') return { status: 'failed', difference: `ended by ${ours}` };
  const difference = differenceOf(one, ours);
  if (difference === undefined) return { status: 'passed' };
  const rule = volumeException(one, ours, constants);
  return rule === undefined ? { status: 'failed', difference } : { status: 'excepted', rule };
}

function differenceOf(one: VolumeCase, ours: VolumeOutcome): string | undefined {
  const { secrets_left: secrets, mounts_left: mounts } = one.expected;
  for (const [name, outcome] of Object.entries(ours.phases)) {
    const difference = phaseDifference(phaseOf(one, name), outcome);
    if (difference !== undefined) return `${name}: ${difference}`;
  }
  return (
    firstDifference(secrets, ours.secretsLeft, 'secrets_left') ??
    firstDifference(mounts, ours.mountsLeft, 'mounts_left')
  );
}

function phaseDifference(expected: RecordedPhase, ours: PhaseOutcome): string | undefined {
  const error = errorDifference(expected.error?.error, ours.error);
  if (error !== undefined) return error;
  const steps = firstDifference(mutatingSteps(expected.trace), mutatingSteps(ours.steps), 'steps');
  if (steps !== undefined) return steps;
  if (expected.xml !== undefined) {
    if (ours.xml === undefined) return 'no XML';
    const xml = treeDifference(readTree(expected.xml), readTree(ours.xml));
    if (xml !== undefined) return xml;
  }
  // After an error Nova's data say what is no longer there.
  if (expected.error || expected.connection_data_after === undefined) return undefined;
  return firstDifference(expected.connection_data_after, ours.data ?? {}, 'connection_data_after');
}

/** Python's errors for a field that is missing or of the wrong type are one of ours. */
function errorDifference(expected: string | undefined, ours: string | undefined): string | undefined {
  const kind = expected === 'TypeError' ? 'KeyError' : expected;
  return kind === ours ? undefined : `error: expected ${expected ?? 'none'}, got ${ours ?? 'none'}`;
}

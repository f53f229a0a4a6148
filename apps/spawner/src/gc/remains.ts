import type { UndoFailure } from '@spawnkit/effects';

/** A spawn or delete that was interrupted, or something else that was being done to an instance. */
export interface Remains {
  /** Undefined when the spawn died before it had said its name. */
  readonly name: string | undefined;
  readonly uuid: string;
  /** What was being done to an instance that was whole; undefined for a spawn or delete. */
  readonly operation?: string | undefined;
  /** Kinds of the acts, in the order in which they are taken back. */
  readonly acts: readonly string[];
}

export interface CollectOptions {
  /** Tells what would go, and changes nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What became of one of them. */
export type Outcome = Remains & {
  readonly fate: 'collected' | 'busy' | 'failed';
  readonly problems?: readonly string[];
};

/** What became of a try to take something back. */
export function outcomeOf(remains: Remains, failures: readonly UndoFailure[]): Outcome {
  if (failures.length === 0) return { ...remains, fate: 'collected' };
  return {
    ...remains,
    fate: 'failed',
    problems: failures.map(({ entry, error }) => `${entry.kind}: ${textOf(error)}`),
  };
}

/** What became of a try that ended with an error. */
export function outcomeOfError(remains: Remains, error: unknown): Outcome {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // The last two: somebody else was faster, with taking it back or with completing it.
  const isBusy = ['LOCK_HELD', 'BUSY', 'JOURNAL_NOT_FOUND', 'JOURNAL_COMMITTED'].includes(String(code));
  return isBusy ? { ...remains, fate: 'busy' } : { ...remains, fate: 'failed', problems: [textOf(error)] };
}

/** The part that reports show. */
export function remainsOf({ name, uuid, operation, acts }: Remains): Remains {
  return { name, uuid, ...(operation === undefined ? {} : { operation }), acts };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

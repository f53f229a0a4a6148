import type { UndoFailure } from '@spawnkit/effects';
import { SpawnerError } from '../errors.ts';

/**
 * What to say when something would not go: `cause` is why it had to go, if that was an error; `undoError` what kept the undo
 * from even trying.
 */
export function residue(
  name: string,
  failures: readonly UndoFailure[],
  cause?: unknown,
  undoError?: unknown,
): SpawnerError {
  const problems = [
    ...failures.map(({ entry, error }) => `${entry.kind}: ${textOf(error)}`),
    ...(undoError === undefined ? [] : [textOf(undoError)]),
  ];
  const because = cause === undefined ? '' : ` after "${textOf(cause)}"`;
  return new SpawnerError(
    'RESIDUE',
    `Not everything of "${name}" could be taken back${because}: ${problems.join('; ')}`,
    {
      cause: cause ?? failures[0]?.error ?? undoError,
      fix: 'Mend what stands there, then run `spawner gc`.',
      context: { name, acts: failures.map(({ entry }) => entry.kind) },
    },
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

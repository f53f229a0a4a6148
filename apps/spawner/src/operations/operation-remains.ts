import { listJournals, readJournal } from '@spawnkit/effects';
import type { Host } from '../host.ts';
import { isJournalOwned } from '../gc/journal-owner.ts';
import { lockInstance } from '../instance/lock-instance.ts';
import { discardOperation, findOperation, headerOf, settleOperation } from './operations.ts';
import { type CollectOptions, type Outcome, outcomeOf, outcomeOfError, type Remains } from '../gc/remains.ts';

/**
 * Takes back, or completes, what was being done to instances when its process died; forgets it where the instance is
 * gone. To be called when interrupted spawns and deletes have been collected. Throws the signal's reason.
 */
export async function collectOperations(host: Host, options: CollectOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const uuid of await listJournals(host.paths.operations)) {
    options.signal?.throwIfAborted();
    const remains = await remainsOfOperation(host, uuid);
    if (remains) outcomes.push(await collectOperation(host, remains, options));
  }
  return outcomes;
}

/** Undefined for one that vanished while we looked. */
async function remainsOfOperation(host: Host, uuid: string): Promise<Remains | undefined> {
  const journal = await findOperation(host, uuid);
  if (!journal) return undefined;
  const header = headerOf(journal);
  const acts = journal.entries.filter(({ state }) => state !== 'undone').map(({ kind }) => kind);
  // One that had succeeded lacks only the removal of what was kept for the case that it fails.
  return {
    name: header?.name,
    uuid,
    operation: header?.operation ?? 'nothing yet',
    acts: journal.committed ? [] : acts.toReversed(),
  };
}

async function collectOperation(
  host: Host,
  remains: Remains,
  { dryRun = false, signal }: CollectOptions,
): Promise<Outcome> {
  const { uuid, name = uuid } = remains;
  if (dryRun) {
    const owned = await isJournalOwned(host, { directory: host.paths.operations, id: uuid }, { signal });
    return { ...remains, fate: owned ? 'busy' : 'collected' };
  }
  try {
    await using _lock = await lockInstance(host, { name, uuid }, { signal });
    return await settleOrDiscard(host, remains, signal);
  } catch (error) {
    signal?.throwIfAborted();
    return outcomeOfError(remains, error);
  }
}

async function settleOrDiscard(host: Host, remains: Remains, signal: AbortSignal | undefined): Promise<Outcome> {
  const { uuid, name = uuid } = remains;
  const instance = await instanceState(host, uuid);
  if (instance === 'incomplete') {
    return { ...remains, fate: 'failed', problems: ['its instance is being taken back, which has not succeeded'] };
  }
  host.onProgress({ type: 'step', step: 'undo', detail: name });
  if (instance === 'whole') return outcomeOf(remains, await settleOperation(host, uuid, { signal }));
  await discardOperation(host, uuid, { signal });
  return { ...remains, fate: 'collected' };
}

async function instanceState({ paths }: Host, id: string): Promise<'whole' | 'incomplete' | 'gone'> {
  try {
    return (await readJournal({ directory: paths.journal, id })).committed ? 'whole' : 'incomplete';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'JOURNAL_NOT_FOUND') return 'gone';
    throw error;
  }
}

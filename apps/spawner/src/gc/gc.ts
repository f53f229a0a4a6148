import { removeExpiredEvents } from '@spawnkit/domain-runtime';
import { EffectsError, listJournals, readJournal, removeStaleLocks, undoJournal } from '@spawnkit/effects';
import { inverses, type Place } from '../spawn/acts.ts';
import type { Host } from '../host.ts';
import type { JournalHeader } from '../instance/inventory.ts';
import { isJournalOwned } from './journal-owner.ts';
import { collectOperations } from '../operations/operation-remains.ts';
import { type CollectOptions, type Outcome, outcomeOf, outcomeOfError, type Remains, remainsOf } from './remains.ts';
import { openImages } from '../spawn/storage.ts';

/** What became of what was interrupted. */
export interface InterruptedReport {
  readonly collected: readonly Remains[];
  /** Somebody works on these. */
  readonly busy: readonly Remains[];
  readonly failed: readonly (Remains & { readonly problems: readonly string[] })[];
}

export interface GarbageReport extends InterruptedReport {
  /** Half-written files of the image cache that nobody writes any more. */
  readonly cacheLeftovers: readonly { readonly name: string; readonly bytes: bigint }[];
  /** Events of instances that were kept and that nobody will take any more: names of their files. */
  readonly expiredEvents: readonly string[];
}

/**
 * Takes back what interrupted spawns and deletes left, see {@link collectInterrupted}, and what killed fetches left in
 * the image cache; forgets events that have expired. Throws the signal's reason.
 */
export async function collect(host: Host, options: CollectOptions = {}): Promise<GarbageReport> {
  const interrupted = await collectInterrupted(host, options);
  if (!options.dryRun) await removeStaleLocks(host.paths.locks, options);
  const { paths, clock } = host;
  const expiredEvents = await removeExpiredEvents({ directory: paths.events, clock, ...options });
  return { ...interrupted, cacheLeftovers: await removeLeftovers(host, options), expiredEvents };
}

/**
 * Takes back what stands in each journal that is not committed and has no living owner: first of spawns and deletes,
 * then of what was being done to instances that are whole. An instance that was spawned completely stays. Throws the
 * signal's reason.
 */
export async function collectInterrupted(host: Host, options: CollectOptions = {}): Promise<InterruptedReport> {
  const outcomes = [...(await collectSpawns(host, options)), ...(await collectOperations(host, options))];
  const of = (fate: Outcome['fate']) => outcomes.filter((one) => one.fate === fate);
  return {
    collected: of('collected').map(remainsOf),
    busy: of('busy').map(remainsOf),
    failed: of('failed').map((one) => ({ ...remainsOf(one), problems: one.problems ?? [] })),
  };
}

async function collectSpawns(host: Host, { dryRun = false, signal }: CollectOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const id of await listJournals(host.paths.journal)) {
    signal?.throwIfAborted();
    const found = await findRemains(host, id);
    if (found) outcomes.push(dryRun ? await foresee(host, found, signal) : await takeBack(host, found, signal));
  }
  return outcomes;
}

/** No whole image is that old: only what was never completed goes. */
async function removeLeftovers(host: Host, { dryRun = false, signal }: CollectOptions) {
  const { cache } = openImages(host, host.exec);
  const { removed } = await cache.prune({ minAgeMs: Number.POSITIVE_INFINITY, dryRun, signal });
  return removed.map(({ name, allocatedBytes }) => ({ name, bytes: allocatedBytes }));
}

/** What a journal without a header was for: nothing was done under it. */
const nowhere = { uri: '', instancePath: '' };

interface Found extends Remains {
  readonly place: Place;
}

/** Undefined for a journal of something whole, and for one that vanished while we looked. */
async function findRemains({ paths }: Host, id: string): Promise<Found | undefined> {
  try {
    const { header, committed, entries } = await readJournal({ directory: paths.journal, id });
    if (committed) return undefined;
    const acts = entries.filter(({ state }) => state !== 'undone').map(({ kind }) => kind);
    const known = header as unknown as JournalHeader | null;
    return { name: known?.name, uuid: id, acts: acts.toReversed(), place: known ?? nowhere };
  } catch (error) {
    if (error instanceof EffectsError && error.code === 'JOURNAL_NOT_FOUND') return undefined;
    throw error;
  }
}

async function foresee(host: Host, found: Found, signal: AbortSignal | undefined): Promise<Outcome> {
  const owned = await isJournalOwned(host, { directory: host.paths.journal, id: found.uuid }, { signal });
  return { ...remainsOf(found), fate: owned ? 'busy' : 'collected' };
}

async function takeBack(host: Host, found: Found, signal: AbortSignal | undefined): Promise<Outcome> {
  const remains = remainsOf(found);
  const { uuid: id, name = id } = remains;
  host.onProgress({ type: 'step', step: 'undo', detail: name });
  try {
    const { paths, log } = host;
    const table = inverses(host, found.place);
    const journal = { directory: paths.journal, id };
    const { failures } = await undoJournal({ ...journal, inverses: table, onlyUncommitted: true, log, signal });
    return outcomeOf(remains, failures);
  } catch (error) {
    signal?.throwIfAborted();
    return outcomeOfError(remains, error);
  }
}

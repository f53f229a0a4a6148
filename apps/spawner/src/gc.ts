import {
  EffectsError,
  listJournals,
  readJournal,
  removeStaleLocks,
  undoJournal,
  type UndoReport,
} from '@spawnkit/effects';
import { inverses, type Place } from './acts.ts';
import type { Host } from './host.ts';
import type { JournalHeader } from './inventory.ts';
import { openStorage } from './storage.ts';

/** A spawn or delete that was interrupted. */
export interface Remains {
  /** Undefined when the spawn died before it had said its name. */
  readonly name: string | undefined;
  readonly uuid: string;
  /** Kinds of the acts, in the order in which they are taken back. */
  readonly acts: readonly string[];
}

/** What became of the spawns and deletes that were interrupted. */
export interface InterruptedReport {
  readonly collected: readonly Remains[];
  /** Somebody works on these. */
  readonly busy: readonly Remains[];
  readonly failed: readonly (Remains & { readonly problems: readonly string[] })[];
}

export interface GarbageReport extends InterruptedReport {
  /** Half-written files of the image cache that nobody writes any more. */
  readonly cacheLeftovers: readonly { readonly name: string; readonly bytes: bigint }[];
}

interface CollectOptions {
  /** Tells what would go, and changes nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes back what interrupted spawns and deletes left, see {@link collectInterrupted}, and what killed fetches left in the
 * image cache. Throws the signal's reason.
 */
export async function collect(host: Host, options: CollectOptions = {}): Promise<GarbageReport> {
  const interrupted = await collectInterrupted(host, options);
  if (!options.dryRun) await removeStaleLocks(host.paths.locks, options);
  return { ...interrupted, cacheLeftovers: await removeLeftovers(host, options) };
}

/**
 * Takes back what stands in each journal that is not committed and has no living owner. An instance that was spawned
 * completely is never touched. Throws the signal's reason.
 */
export async function collectInterrupted(
  host: Host,
  { dryRun = false, signal }: CollectOptions = {},
): Promise<InterruptedReport> {
  const outcomes: Outcome[] = [];
  for (const id of await listJournals(host.paths.journal)) {
    signal?.throwIfAborted();
    const found = await findRemains(host, id);
    if (found) outcomes.push(dryRun ? { ...remainsOf(found), fate: 'collected' } : await takeBack(host, found, signal));
  }
  const of = (fate: Outcome['fate']) => outcomes.filter((one) => one.fate === fate);
  return {
    collected: of('collected').map(remainsOf),
    busy: of('busy').map(remainsOf),
    failed: of('failed').map((one) => ({ ...remainsOf(one), problems: one.problems ?? [] })),
  };
}

/** No whole image is that old: only what was never completed goes. */
async function removeLeftovers(host: Host, { dryRun = false, signal }: CollectOptions) {
  const { cache } = openStorage(host, host.exec);
  const { removed } = await cache.prune({ minAgeMs: Number.POSITIVE_INFINITY, dryRun, signal });
  return removed.map(({ name, allocatedBytes }) => ({ name, bytes: allocatedBytes }));
}

/** What a journal without a header was for: nothing was done under it. */
const nowhere = { uri: '', instancePath: '' };

interface Found extends Remains {
  readonly place: Place;
}

type Outcome = Remains & { readonly fate: 'collected' | 'busy' | 'failed'; readonly problems?: readonly string[] };

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

async function takeBack(host: Host, found: Found, signal: AbortSignal | undefined): Promise<Outcome> {
  const remains = remainsOf(found);
  const { uuid: id, name = id } = remains;
  host.onProgress({ type: 'step', step: 'undo', detail: name });
  try {
    const { paths, log } = host;
    const table = inverses(host, found.place);
    return outcomeOf(
      remains,
      await undoJournal({ directory: paths.journal, id, inverses: table, onlyUncommitted: true, log, signal }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    const code = error instanceof EffectsError ? error.code : undefined;
    if (code === 'LOCK_HELD') return { ...remains, fate: 'busy' };
    // Somebody else was faster: with taking it back, or with completing it.
    if (code === 'JOURNAL_NOT_FOUND' || code === 'JOURNAL_COMMITTED') return { ...remains, fate: 'busy' };
    return { ...remains, fate: 'failed', problems: [textOf(error)] };
  }
}

function remainsOf({ name, uuid, acts }: Remains): Remains {
  return { name, uuid, acts };
}

function outcomeOf(remains: Remains, { failures }: UndoReport): Outcome {
  if (failures.length === 0) return { ...remains, fate: 'collected' };
  const problems = failures.map(({ entry, error }) => `${entry.kind}: ${textOf(error)}`);
  return { ...remains, fate: 'failed', problems };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

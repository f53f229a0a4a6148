import { type JournalState, listJournals, readJournal } from '@spawnkit/effects';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { DiskSettings } from '../spawn/storage-settings.ts';

/** What the journal's first record says about the instance it belongs to. */
export interface JournalHeader {
  readonly name: string;
  readonly uuid: string;
  readonly uri: string;
  readonly instancePath: string;
  /** Where its disks were made, and with what. */
  readonly storage?: DiskSettings | undefined;
  /** What older versions kept instead. */
  readonly imagesType?: DiskSettings['imagesType'] | undefined;
  /** Facts for people, as the request stated them. */
  readonly summary: {
    readonly image: string | null;
    readonly vcpus: number;
    readonly memoryMib: number;
    readonly networks: readonly string[];
  };
}

/** An instance of this host, as its journal knows it. */
export interface KnownInstance extends JournalHeader {
  readonly createdAt: string;
  /** False while it is being spawned, and after an interrupted spawn or delete. */
  readonly committed: boolean;
  readonly journal: JournalState;
}

/** All instances that have a journal, oldest first. */
export async function listInstances({ paths }: Pick<Host, 'paths'>): Promise<readonly KnownInstance[]> {
  const ids = await listJournals(paths.journal);
  const found = await Promise.all(ids.map((id) => readInstance(paths.journal, id)));
  return found.filter((one) => one !== undefined).sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}

/**
 * The instance of that name, UUID, or beginning of a UUID (4 characters at least). Throws {@link SpawnerError}
 * `NOT_FOUND`, or `USAGE` when several match.
 */
export async function findInstance(host: Pick<Host, 'paths'>, wanted: string): Promise<KnownInstance> {
  const all = await listInstances(host);
  const exact = all.filter((one) => one.name === wanted || one.uuid === wanted);
  const matches = exact.length > 0 || wanted.length < 4 ? exact : all.filter((one) => one.uuid.startsWith(wanted));
  const [found, second] = matches;
  if (found && !second) return found;
  if (second) {
    throw new SpawnerError('USAGE', `"${wanted}" is ambiguous: ${matches.map((one) => one.uuid).join(', ')}`, {
      fix: 'Give more of the UUID.',
    });
  }
  throw new SpawnerError('NOT_FOUND', `There is no instance "${wanted}" on this host`, {
    fix: all.length > 0 ? `Known are ${all.map((one) => one.name).join(', ')}.` : '`spawner launch` makes one.',
  });
}

/** Undefined for a journal that vanished while we looked, or whose first record was never completed. */
async function readInstance(directory: string, id: string): Promise<KnownInstance | undefined> {
  const journal = await readJournal({ directory, id }).catch((error: { code?: unknown }) => {
    if (error.code === 'JOURNAL_NOT_FOUND') return undefined;
    throw error;
  });
  const header = journal?.header as unknown as JournalHeader | null | undefined;
  if (!journal || !header) return undefined;
  return { ...header, createdAt: journal.createdAt, committed: journal.committed, journal };
}

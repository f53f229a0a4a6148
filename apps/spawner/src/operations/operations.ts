import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createRollback,
  EffectsError,
  type Exec,
  type JournalState,
  type Json,
  readJournal,
  type Rollback,
  type UndoFailure,
  undoJournal,
} from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import { inverses } from '../spawn/acts.ts';
import { SpawnerError } from '../errors.ts';
import { type Host, journalledExec } from '../host.ts';
import { removeInstanceFile } from '../instance/instance-files.ts';
import type { KnownInstance } from '../instance/inventory.ts';
import { lockInstance } from '../instance/lock-instance.ts';
import { residue } from '../spawn/residue.ts';
import { partsOf } from '../spawn/parts.ts';
import { openImages } from '../spawn/storage.ts';

/** What can be done to an instance that is whole, and be taken back until it has succeeded. */
export type OperationName = 'start' | 'reboot' | 'rescue' | 'unrescue' | 'rebuild' | 'resize' | 'attach' | 'detach';

/** What the first record of an operation's journal says. */
export interface OperationHeader {
  readonly operation: OperationName;
  readonly name: string;
  readonly uuid: string;
  readonly uri: string;
  readonly instancePath: string;
  /** Names in the instance path that go once the operation has succeeded. */
  readonly leftovers: readonly string[];
  /** Disks outside of it that go then. */
  readonly leftoverDisks?: readonly string[] | undefined;
  /** Of the instance. */
  readonly storage?: KnownInstance['storage'];
  readonly imagesType?: KnownInstance['imagesType'];
}

export interface OperateOptions {
  readonly operation: OperationName;
  readonly leftovers?: readonly string[];
  readonly leftoverDisks?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What an operation works with. */
export interface Operation {
  readonly host: Host;
  readonly instance: KnownInstance;
  readonly conn: Connection;
  readonly rollback: Rollback;
  /** Commands stand in the operation's journal. */
  readonly exec: Exec;
  readonly signal: AbortSignal | undefined;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lets `run` change an instance under a journal of its own, so that it succeeds in whole or the instance is as it was:
 * at once after an error, by `gc` or the next operation after a crash. Throws what `run` throws; {@link SpawnerError}
 * `BUSY`, `EXISTS` (its spawn or delete was interrupted), `NOT_FOUND`, `RESIDUE`; the signal's reason.
 */
export async function operate<T>(
  host: Host,
  instance: KnownInstance,
  { operation, leftovers = [], leftoverDisks, signal }: OperateOptions,
  run: (operation: Operation) => Promise<T>,
): Promise<T> {
  return withInstance(host, instance, { signal }, async () => {
    const { name, uuid, uri, instancePath, storage, imagesType } = instance;
    const conn = await host.connect({ uri, signal });
    const header: OperationHeader = {
      operation,
      name,
      uuid,
      uri,
      instancePath,
      leftovers,
      ...(leftoverDisks && { leftoverDisks }),
      ...(storage && { storage }),
      ...(imagesType && { imagesType }),
    };
    await using rollback = await createRollback({
      directory: host.paths.operations,
      id: uuid,
      // An interface lacks the index signature of `Json`; the rollback checks that it is plain JSON.
      header: header as unknown as Json,
      clock: host.clock,
      signal,
    });
    const result = await orTakeBack(host, header, rollback, async () => {
      const exec = journalledExec(host, rollback);
      const answer = await run({ host, instance, conn, rollback, exec, signal });
      await rollback.commit();
      return answer;
    });
    await finish(host, header);
    return result;
  });
}

/**
 * Runs while nobody else changes the instance, which is whole and has no interrupted operation any more. Throws what
 * {@link operate} throws.
 */
export async function withInstance<T>(
  host: Host,
  instance: KnownInstance,
  options: Options,
  run: () => Promise<T>,
): Promise<T> {
  await using _lock = await lockInstance(host, instance, options);
  await assertWhole(host, instance);
  const failures = await settleOperation(host, instance.uuid, options);
  if (failures.length > 0) throw residue(instance.name, failures);
  return await run();
}

/**
 * Completes an operation that had succeeded when its process died, takes back one that had not. Answers what could not
 * be taken back; the journal stays then. To be called by the holder of the instance's lock. Throws what `undoJournal`
 * throws.
 */
export async function settleOperation(host: Host, uuid: string, options: Options): Promise<readonly UndoFailure[]> {
  const journal = await findOperation(host, uuid);
  if (!journal) return [];
  const header = headerOf(journal);
  if (journal.committed && header) {
    await finish(host, header);
    return [];
  }
  const table = inverses(host, header ?? { uri: '', instancePath: '' });
  const { directory, id } = journalOf(host, uuid);
  const { failures } = await undoJournal({ directory, id, inverses: table, log: host.log, ...options });
  return failures;
}

/** Removes what is left of an operation whose instance is gone: ends its commands, takes nothing back. Idempotent. */
export async function discardOperation(host: Host, uuid: string, options: Options): Promise<void> {
  const journal = await findOperation(host, uuid);
  if (!journal) return;
  const ignore = async () => {};
  const table = Object.fromEntries(journal.entries.map(({ kind }) => [kind, ignore]));
  await undoJournal({ ...journalOf(host, uuid), inverses: table, log: host.log, ...options });
}

/** The journal of an operation on that instance, if there is one. */
export async function findOperation(host: Pick<Host, 'paths'>, uuid: string): Promise<JournalState | undefined> {
  return unlessMissing(readJournal(journalOf(host, uuid)));
}

/** What the operation is and on what; undefined when it died before it had said so. */
export function headerOf({ header }: JournalState): OperationHeader | undefined {
  return (header as unknown as OperationHeader | null) ?? undefined;
}

async function orTakeBack<T>(
  host: Host,
  header: OperationHeader,
  rollback: Rollback,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    host.onProgress({ type: 'step', step: 'undo' });
    // Not to be interrupted: half a way back helps nobody.
    const undone = rollback.undo(inverses(host, header), { log: host.log });
    const { failures } = await undone.catch((undoError: unknown) => {
      throw residue(header.name, [], error, undoError);
    });
    throw failures.length > 0 ? residue(header.name, failures, error) : error;
  }
}

/** What was kept in case the operation failed is of no use any more. */
async function finish(host: Host, header: OperationHeader): Promise<void> {
  const { uuid, instancePath, leftovers, leftoverDisks = [] } = header;
  if (leftoverDisks.length > 0) {
    const { disks } = await partsOf(host).openStorage(host, host.exec, { place: header });
    for (const name of leftoverDisks) await disks.remove({ instanceId: uuid, name });
  }
  const { files } = openImages(host, host.exec, header);
  for (const name of leftovers) await removeInstanceFile(instancePath, name, files);
  await rm(join(host.paths.operations, `${uuid}.jsonl`), { force: true });
}

async function assertWhole({ paths }: Host, { name, uuid }: KnownInstance): Promise<void> {
  const journal = await unlessMissing(readJournal({ directory: paths.journal, id: uuid }));
  if (!journal) throw new SpawnerError('NOT_FOUND', `The instance "${name}" is gone`);
  if (journal.committed) return;
  throw new SpawnerError('EXISTS', `A spawn or delete of the instance "${name}" is under way or was interrupted`, {
    fix: 'If no other spawner works on it, `spawner gc` takes it back.',
    context: { name, uuid },
  });
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (error instanceof EffectsError && error.code === 'JOURNAL_NOT_FOUND') return undefined;
    throw error;
  });
}

function journalOf({ paths }: Pick<Host, 'paths'>, uuid: string) {
  return { directory: paths.operations, id: uuid };
}

import type { JournalRecord, JournalState } from './journal.ts';

/** Where a journal is kept while somebody owns it. */
export interface JournalStore {
  readonly state: JournalState;
  /**
   * Resolves when the record is kept: on the disk, except for records of commands, which only outlive this process.
   * After a failure the record is not kept. Throws `EffectsError` `JOURNAL_CLOSED`, or what the file system says.
   */
  append(record: JournalRecord): Promise<void>;
  /** Gives up the ownership; the journal stays. Idempotent. */
  close(): Promise<void>;
  /** Removes the journal, then gives up its ownership. */
  remove(): Promise<void>;
}

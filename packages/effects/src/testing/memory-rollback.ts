import { EffectsError } from '../errors.ts';
import { apply, emptyJournal, type JournalRecord } from '../journal.ts';
import type { JournalStore } from '../journal-store.ts';
import type { Json } from '../json.ts';
import { type Rollback, rollbackOn } from '../rollback.ts';

/**
 * A rollback that keeps its journal in memory and otherwise is the real one: acts run, `undo` calls the inverses, and
 * `state.entries` tells what happened. Nothing touches the disk, and nobody else can own it.
 */
export function memoryRollback({ id = 'memory', header = null }: { id?: string; header?: Json } = {}): Rollback {
  return rollbackOn(memoryStore(id, header));
}

function memoryStore(id: string, header: Json): JournalStore {
  const first: JournalRecord = { journal: 1, id, createdAt: new Date(0).toISOString(), header };
  let state = apply(emptyJournal(id, false), first);
  let open = true;
  const close = async () => {
    open = false;
  };
  return {
    get state() {
      return state;
    },
    async append(record) {
      if (!open) throw new EffectsError('JOURNAL_CLOSED', `The journal "${id}" in memory is closed`, { id });
      state = apply(state, record);
    },
    close,
    remove: close,
  };
}

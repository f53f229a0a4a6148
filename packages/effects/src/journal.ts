import type { Child } from './child.ts';
import type { Json } from './json.ts';

/** One act, as far as it came. */
export interface JournalEntry {
  /** Grows with each act. */
  readonly seq: number;
  /** Names the inverse. */
  readonly kind: string;
  /** What the inverse needs. */
  readonly data: Json;
  /** `intent`: may have happened, in part or whole. `done`: happened. `undone`: taken back. */
  readonly state: 'intent' | 'done' | 'undone';
  /** Why the last attempt to take it back failed. */
  readonly failure?: string;
}

/** What a journal says. */
export interface JournalState {
  readonly id: string;
  /** ISO 8601; empty when the first record was cut off by a crash, before anything was done. */
  readonly createdAt: string;
  readonly header: Json;
  /** Whole and wanted; false again once its undo has begun. */
  readonly committed: boolean;
  readonly entries: readonly JournalEntry[];
  /** Commands that had not ended. */
  readonly children: readonly Child[];
  /** The last record was cut off by a crash. */
  readonly torn: boolean;
}

/** One line of the file. */
export type JournalRecord =
  | { readonly journal: 1; readonly id: string; readonly createdAt: string; readonly header: Json }
  | { readonly intent: number; readonly kind: string; readonly data: Json }
  | { readonly done: number }
  | { readonly undone: number }
  | { readonly failed: number; readonly failure: string }
  | { readonly child: Child }
  | { readonly ended: Child }
  | { readonly committed: boolean };

/** The journal that says nothing: its first record never became whole, so nothing was done under it. */
export function emptyJournal(id: string, torn: boolean): JournalState {
  return { id, createdAt: '', header: null, committed: false, entries: [], children: [], torn };
}

/** The state after one more record. */
export function apply(state: JournalState, record: JournalRecord): JournalState {
  if ('journal' in record) return { ...state, createdAt: record.createdAt, header: record.header };
  if ('intent' in record) {
    const { intent: seq, kind, data } = record;
    return { ...state, entries: [...state.entries, { seq, kind, data, state: 'intent' }] };
  }
  if ('done' in record) return change(state, record.done, (entry) => ({ ...entry, state: 'done' }));
  if ('undone' in record) {
    return change(state, record.undone, ({ seq, kind, data }) => ({ seq, kind, data, state: 'undone' }));
  }
  if ('failed' in record) return change(state, record.failed, (entry) => ({ ...entry, failure: record.failure }));
  if ('child' in record) return { ...state, children: [...state.children, record.child] };
  if ('ended' in record) return { ...state, children: state.children.filter((one) => !isSame(one, record.ended)) };
  return { ...state, committed: record.committed };
}

function change(state: JournalState, seq: number, to: (entry: JournalEntry) => JournalEntry): JournalState {
  return { ...state, entries: state.entries.map((entry) => (entry.seq === seq ? to(entry) : entry)) };
}

function isSame(a: Child, b: Child): boolean {
  return a.pid === b.pid && a.startTime === b.startTime;
}

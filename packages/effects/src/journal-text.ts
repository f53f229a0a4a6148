import type { Child } from './child.ts';
import { EffectsError } from './errors.ts';
import { apply, emptyJournal, type JournalRecord, type JournalState } from './journal.ts';

export interface ParsedJournal {
  readonly state: JournalState;
  /** Bytes of whole records; what follows was cut off by a crash. */
  readonly wholeBytes: number;
}

const NEWLINE = 0x0a;

/** The line of a record. */
export function formatRecord(record: JournalRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

/**
 * Reads a journal; what follows the last newline was cut off and does not count. Throws `EffectsError` `JOURNAL_CORRUPT`,
 * naming file and line, for a whole line that is no record or does not fit those before it.
 */
export function parseJournal(id: string, path: string, bytes: Buffer): ParsedJournal {
  const wholeBytes = bytes.lastIndexOf(NEWLINE) + 1;
  const lines = bytes.toString('utf8', 0, wholeBytes).split('\n').slice(0, -1);
  let state = emptyJournal(id, wholeBytes < bytes.length);
  for (const [index, line] of lines.entries()) {
    const record = parseRecord(line);
    if (!record || !fits(state, record, index)) throw corrupt(id, path, index + 1);
    state = apply(state, record);
  }
  return { state, wholeBytes };
}

function parseRecord(line: string): JournalRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is JournalRecord {
  if (!isObject(value)) return false;
  if ('journal' in value) {
    return value['journal'] === 1 && isText(value['id']) && isText(value['createdAt']) && 'header' in value;
  }
  if ('intent' in value) return isCount(value['intent']) && isText(value['kind']) && 'data' in value;
  if ('failed' in value) return isCount(value['failed']) && isText(value['failure']);
  if ('done' in value) return isCount(value['done']);
  if ('undone' in value) return isCount(value['undone']);
  if ('child' in value) return isChild(value['child']);
  if ('ended' in value) return isChild(value['ended']);
  return typeof value['committed'] === 'boolean';
}

function isChild(value: unknown): value is Child {
  return isObject(value) && isCount(value['pid']) && isText(value['startTime']) && isText(value['file']);
}

/** Each journal begins with its header; acts count upwards; what is done or undone was intended before. */
function fits(state: JournalState, record: JournalRecord, index: number): boolean {
  if ('journal' in record) return index === 0 && record.id === state.id;
  if (index === 0) return false;
  if ('intent' in record) return record.intent > (state.entries.at(-1)?.seq ?? 0);
  const known = (seq: number) => state.entries.some((entry) => entry.seq === seq);
  if ('done' in record) return known(record.done);
  if ('undone' in record) return known(record.undone);
  if ('failed' in record) return known(record.failed);
  return true;
}

function corrupt(id: string, path: string, line: number): EffectsError {
  const message = `Line ${line} of "${path}" is not a record of a journal that fits there; the file was left as it is`;
  return new EffectsError('JOURNAL_CORRUPT', message, { id, path, line });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

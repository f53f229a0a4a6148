import type { Moment, Point } from './standby.ts';

/**
 * Where a process is killed: after each intent, after each act, after its done; after the start of each command; before, within
 * and after the records that begin and end a journal; with one intent and one end of an act cut off.
 */
export function killPoints(all: readonly string[]): readonly Point[] {
  const records = withoutMany(all, 4);
  return [...records.flatMap((at) => momentsOf(at).map((moment) => ({ at, moment }))), ...tornPoints(records)];
}

/** Where Ctrl-C is pressed: during each act, each command, and each step of a way back. */
export function interruptPoints(records: readonly string[]): readonly Point[] {
  return matching(withoutMany(records, 2), /^(?:intent|child|undone) /).map((at) => ({ at, moment: 'interrupted' }));
}

/** What fails: each act before it happens and after it has, each command, and the end. */
export function failPoints(records: readonly string[]): readonly Point[] {
  const refused = matching(records, /^(?:intent|done) |^committed/).map((at) => ({ at, moment: 'refused' as const }));
  const killed = matching(withoutMany(records, 2), /^child /).map((at) => ({ at, moment: 'command killed' as const }));
  return [...refused, ...killed];
}

/** An undone act was taken back before it is written down. */
function momentsOf(at: string): readonly Moment[] {
  if (/^(?:done|undone|committed|reopened)/.test(at)) return ['before', 'after'];
  return /^(?:intent|child|header)/.test(at) ? ['after'] : [];
}

function tornPoints(records: readonly string[]): readonly Point[] {
  const kinds = [/^header/, /^reopened/, /^intent/, /^(?:done|undone)/, /^committed/];
  const torn = kinds.flatMap((kind) => matching(records, kind).slice(0, 1));
  return torn.map((at) => ({ at, moment: 'torn' }));
}

/** Without the records of further runs of a program that has been seen so often: Ceph's is run for everything. */
function withoutMany(records: readonly string[], most: number): readonly string[] {
  return records.filter((at) => !at.startsWith('child ') || Number(/ (\d+)$/.exec(at)?.[1] ?? 1) <= most);
}

function matching(records: readonly string[], pattern: RegExp): readonly string[] {
  return records.filter((at) => pattern.test(at));
}

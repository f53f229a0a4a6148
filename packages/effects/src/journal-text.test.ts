import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apply, emptyJournal, type JournalRecord } from './journal.ts';
import { formatRecord, parseJournal } from './journal-text.ts';

const id = 'one';
const path = '/journal/one.jsonl';
const header = { journal: 1, id, createdAt: '2026-01-02T03:04:05.678Z', header: { name: 'ä\n"\u2028' } } as const;
const child = { pid: 4711, startTime: '12345@boot', file: 'qemu-img' };

const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as null);
const anyChild = fc.record({ pid: fc.integer({ min: 1 }), startTime: fc.string(), file: fc.string() });
/** Journals as they may be written: what is done, failed or undone was intended before. */
const anyRecords = fc.integer({ min: 0, max: 4 }).chain((acts) => {
  const seq = fc.integer({ min: 1, max: Math.max(acts, 1) });
  const intents = Array.from({ length: acts }, (_, index) =>
    fc.record({ intent: fc.constant(index + 1), kind: fc.string(), data: json }),
  );
  const later: fc.Arbitrary<JournalRecord>[] = [
    fc.record({ child: anyChild }),
    fc.record({ ended: anyChild }),
    fc.record({ committed: fc.boolean() }),
    ...(acts === 0
      ? []
      : [fc.record({ done: seq }), fc.record({ undone: seq }), fc.record({ failed: seq, failure: fc.string() })]),
  ];
  const all = fc.tuple(fc.tuple(...intents), fc.array(fc.oneof(...later), { maxLength: 8 }));
  return all.map(([first, rest]): JournalRecord[] => [header, ...first, ...rest]);
});

test('a journal that was cut off anywhere says what its whole records say', () => {
  fc.assert(
    fc.property(anyRecords, fc.nat(), (records, cut) => {
      const lines = records.map(formatRecord);
      const bytes = Buffer.concat(lines);
      const length = cut % (bytes.length + 1);
      const { state, wholeBytes } = parseJournal(id, path, bytes.subarray(0, length));
      let [whole, expected] = [0, emptyJournal(id, false)];
      for (const [index, record] of records.entries()) {
        const next = whole + (lines[index]?.length ?? 0);
        if (next > length) break;
        [whole, expected] = [next, apply(expected, record)];
      }
      expect(wholeBytes).toBe(whole);
      expect(state).toEqual({ ...expected, torn: whole < length });
    }),
  );
});

test('any byte changed in any whole line is either noticed, with its line, or gives another journal that makes sense', () => {
  fc.assert(
    fc.property(anyRecords, fc.nat(), fc.integer({ min: 0, max: 255 }), (records, position, byte) => {
      const bytes = Buffer.concat(records.map(formatRecord));
      bytes[position % bytes.length] = byte;
      try {
        const { state } = parseJournal(id, path, bytes);
        expect(state.entries.every((entry, index) => entry.seq > (state.entries[index - 1]?.seq ?? 0))).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ name: 'EffectsError', code: 'JOURNAL_CORRUPT', context: { id, path } });
      }
    }),
  );
});

test.each([
  ['no JSON', 2, [header, '{"intent":1,"ki'], /Line 2 of "\/journal\/one\.jsonl"/],
  ['no header', 1, [{ committed: true }], /Line 1/],
  ['a second header', 2, [header, header], /Line 2/],
  ['the header of another journal', 1, [{ ...header, id: 'other' }], /Line 1/],
  ['a later format', 1, [{ ...header, journal: 2 }], /Line 1/],
  ['a record of no kind', 2, [header, {}], /Line 2/],
  ['a value that is no object', 2, [header, null], /Line 2/],
  ['something done that was never intended', 2, [header, { done: 1 }], /Line 2/],
  [
    'acts that count backwards',
    3,
    [header, { intent: 2, kind: 'a', data: 1 }, { intent: 1, kind: 'a', data: 1 }],
    /Line 3/,
  ],
  ['an act without data', 2, [header, { intent: 1, kind: 'a' }], /Line 2/],
  ['a command without a start time', 2, [header, { child: { ...child, startTime: undefined } }], /Line 2/],
  ['the process 0', 2, [header, { child: { ...child, pid: 0 } }], /Line 2/],
])('a journal with %s is corrupt', (_, line, records, message) => {
  const text = records.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('');
  const parse = () => parseJournal(id, path, Buffer.from(text));
  expect(parse).toThrow(message);
  expect(parse).toThrow(expect.objectContaining({ code: 'JOURNAL_CORRUPT', context: { id, path, line } }));
});

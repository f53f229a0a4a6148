import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Json, jsonText } from './json-text.ts';

test('jsonText writes what Python writes: spaced separators, ASCII only', () => {
  expect(jsonText({ a: [1, null, true], name: 'h\u00e9 \u4e16 \u{1f600}\u007f"\n', e: {}, l: [] })).toBe(
    '{"a": [1, null, true], "name": "h\\u00e9 \\u4e16 \\ud83d\\ude00\\u007f\\"\\n", "e": {}, "l": []}',
  );
});

test('jsonText of any value is ASCII and reads back as the value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as Json;
      const text = jsonText(json);
      expect(text).toMatch(/^[ -~]*$/);
      expect(JSON.parse(text)).toEqual(json);
    }),
  );
});

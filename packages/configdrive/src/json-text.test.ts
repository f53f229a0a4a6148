import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Json, jsonText, parseJson } from './json-text.ts';

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

test('parseJson keeps whole numbers that a number would round', () => {
  const text =
    '{"id": 12345678901234567890, "small": [-1, 9007199254740991], "half": 0.5, "text": "123456789012345678901"}';
  expect(parseJson(text)).toMatchObject({ id: 12345678901234567890n, small: [-1, 9007199254740991], half: 0.5 });
  expect(jsonText(parseJson(text))).toBe(text);
});

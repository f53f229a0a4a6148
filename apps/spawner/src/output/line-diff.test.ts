import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineDiff } from './line-diff.ts';

test('lineDiff shows what changed and what is around it', () => {
  const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].join('\n');
  const after = ['a', 'b', 'c', 'd', 'E', 'f', 'g', 'h', 'i'].join('\n');
  expect(lineDiff(before, after)).toEqual([' b', ' c', ' d', '-e', '+E', ' f', ' g', ' h', '+i']);
  expect(lineDiff(before, before)).toEqual([]);
});

test('lineDiff of short texts gives both back', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = lineDiff(before.join('\n'), after.join('\n'));
      fc.pre(lines.length > 0 && !lines.includes('…'));
      const without = (mark: string) => lines.filter((line) => !line.startsWith(mark)).map((line) => line.slice(1));
      expect(without('+').join('\n')).toBe(before.join('\n'));
      expect(without('-').join('\n')).toBe(after.join('\n'));
    }),
  );
});

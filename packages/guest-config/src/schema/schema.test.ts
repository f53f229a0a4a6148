import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryValue } from '../../test/arbitrary-value.ts';
import { build, check, parse } from '../document.ts';
import type { AnyEl } from '../dsl/el.ts';
import type { GuestConfigIssue } from '../errors.ts';
import * as exported from '../index.ts';

const elements = Object.entries<unknown>(exported).filter((entry): entry is [string, AnyEl] => isElement(entry[1]));

test('the package exports the elements that its users start from', () => {
  const names = elements.map(([name]) => name);
  expect(names).toEqual(
    expect.arrayContaining(['Domain', 'Disk', 'Interface', 'Devices', 'Capabilities', 'DomainCapabilities']),
  );
});

test.each(elements)('any value of %s is built without complaint and read as it was', (_, el) => {
  fc.assert(
    fc.property(arbitraryValue(el), (value) => {
      const xml = build(el, value);
      expect(check(el, value).filter((issue) => !isOfRule(issue))).toEqual([]);
      expect(check(el, xml).map(what)).toEqual(check(el, value).map(what));
      expect(plain(parse(el, xml))).toEqual(plain(value));
    }),
    { numRuns: 25 },
  );
});

/** Rules about several fields, which any value may break; as they put what they expect into words. */
const rules = new Set(elements.flatMap(([, el]) => (el.rules ?? []).map(({ expected }) => expected)));

function isOfRule({ expected }: GuestConfigIssue): boolean {
  return rules.has(expected);
}

/** An issue without its place in the text, which a value has not. */
function what({ code, expected }: GuestConfigIssue) {
  return { code, expected };
}

function isElement(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'spec' in value && 'name' in value;
}

/**
 * A copy without what the reader remembers beside the value: spellings and namespaces, under symbols and in `ns` of
 * kept elements.
 */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([key]) => key !== 'ns');
  return Object.fromEntries(fields.map(([key, inner]) => [key, plain(inner)]));
}

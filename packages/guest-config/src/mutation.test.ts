import fc from 'fast-check';
import { expect, test } from 'vitest';
import { corpusDocuments, fixtures, hasCorpus } from '../test/corpus.ts';
import { mutated, mutation } from '../test/mutation.ts';
import { firstXmlDifference } from '../test/same-xml.ts';
import { build, check, parse } from './document.ts';
import { GuestConfigError } from './errors.ts';
import { Domain } from './schema/domain.ts';

const domains = hasCorpus('domain') ? [...corpusDocuments('domain').values()] : [];
const documents = [...fixtures()]
  .filter(([, xml]) => /^<domain\s/.test(xml))
  .map(([, xml]) => xml)
  .concat(domains);

/** What the reader says against a document; undefined when it reads it. */
function refusal(xml: string): GuestConfigError | undefined {
  try {
    parse(Domain, xml);
    return undefined;
  } catch (error) {
    if (error instanceof GuestConfigError) return error;
    throw error;
  }
}

test('a changed document comes back as it is, or is refused with a place', { timeout: 120_000 }, () => {
  expect(documents.length).toBeGreaterThan(2);
  let read = 0;
  fc.assert(
    fc.property(fc.constantFrom(...documents), fc.array(mutation, { minLength: 1, maxLength: 4 }), (xml, mutations) => {
      const changed = mutated(xml, mutations);
      const error = refusal(changed);
      if (error) {
        expect(['MISSING', 'INVALID_VALUE', 'UNKNOWN_VALUE', 'WRONG_ELEMENT']).toContain(error.code);
        expect(error).toMatchObject({ path: expect.stringMatching(/^\/domain/), line: expect.any(Number) });
        expect(check(Domain, changed)).not.toEqual([]);
        return;
      }
      read++;
      const rebuilt = build(Domain, parse(Domain, changed));
      expect(firstXmlDifference(changed, rebuilt)).toBeUndefined();
      expect(build(Domain, parse(Domain, rebuilt))).toBe(rebuilt);
    }),
    { numRuns: 2000 },
  );
  expect(read).toBeGreaterThan(1000);
});

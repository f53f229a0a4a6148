import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstMatching } from './matching.ts';

test('firstMatching answers what trying every order answers first', () => {
  const tables = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })).chain(([guests, places]) =>
    fc.array(fc.array(fc.boolean(), { minLength: places, maxLength: places }), {
      minLength: guests,
      maxLength: guests,
    }),
  );
  fc.assert(
    fc.property(tables, (table) => {
      const fits = (guest: number, place: number) => table[guest]?.[place] ?? false;
      const places = table[0]?.length ?? 0;
      expect(firstMatching({ guests: table.length, places, fits })).toEqual(firstByTrying(table, []));
    }),
  );
});

function firstByTrying(
  table: readonly (readonly boolean[])[],
  chosen: readonly number[],
): readonly number[] | undefined {
  const row = table[chosen.length];
  if (!row) return chosen;
  for (const [place, fits] of row.entries()) {
    const found = fits && !chosen.includes(place) ? firstByTrying(table, [...chosen, place]) : undefined;
    if (found) return found;
  }
  return undefined;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  corpusDirectory,
  corpusDocuments,
  fixtures,
  hasCorpus,
  printedByLibvirt,
  reasonForOrder,
  vectors,
} from '../test/corpus.ts';
import { hasXmllint, refusedBy } from '../test/relax-ng.ts';
import { firstXmlDifference } from '../test/same-xml.ts';
import { schemaPaths } from '../test/schema-paths.ts';
import { build, check, parse } from './document.ts';
import type { El } from './dsl/el.ts';
import { GuestConfigError } from './errors.ts';
import { Capabilities, Domain, DomainCapabilities } from './index.ts';

/** The documents which do not come back as they were. */
function changed<T>(el: El<T>, documents: Iterable<readonly [name: string, xml: string]>, strictOrder = false) {
  return [...documents].flatMap(([name, xml]) => {
    const difference = firstXmlDifference(xml, build(el, parse(el, xml)), { strictOrder });
    return difference === undefined ? [] : [`${name}: ${difference}`];
  });
}

describe('documents of this package', () => {
  test.each([...fixtures()])('%s is written as it was read', (name, xml) => {
    expect(changed<unknown>(elementOf(name), [[name, xml]], true)).toEqual([]);
  });

  test.each([...fixtures()].filter(([name]) => !name.includes('unknown')))('%s is typed completely', (name, xml) => {
    expect(check<unknown>(elementOf(name), xml)).toEqual([]);
  });
});

function elementOf(file: string): El<unknown> {
  if (file.startsWith('domain-capabilities')) return DomainCapabilities;
  return file.startsWith('capabilities') ? Capabilities : Domain;
}

/** Documents of which something stays in `$extra`, and why. */
const untyped: Readonly<Record<string, string>> = {
  'genericxml2xmlindata--chardev-tcp-multiple-source.xml':
    'a TCP channel has one source; libvirt takes the last of two',
};

describe.each([
  ['domain', Domain],
  ['domcaps', DomainCapabilities],
  ['capabilities', Capabilities],
] as const)("libvirt's own documents: %s", (folder, el: El<unknown>) => {
  const present = hasCorpus(folder);

  test.skipIf(!present)('come back as they were', { timeout: 120_000 }, () => {
    const documents = corpusDocuments(folder);
    expect(documents.size).toBeGreaterThan(10);
    expect(changed(el, documents)).toEqual([]);
  });

  test.skipIf(!present)('are typed completely', { timeout: 120_000 }, () => {
    const rest = [...corpusDocuments(folder)].filter(([, xml]) => check(el, xml).length > 0).map(([name]) => name);
    expect(rest.filter((name) => !(name in untyped))).toEqual([]);
  });
});

test.skipIf(!hasCorpus('manifest.json'))("libvirt's own output keeps its order", { timeout: 120_000 }, () => {
  const printed = printedByLibvirt(corpusDirectory);
  const documents = [...corpusDocuments('domain')].filter(([name]) => printed.has(`domain/${name}`));
  expect(documents.length).toBeGreaterThan(100);
  const differences = changed(Domain, documents, true);
  expect(differences.filter((one) => !reasonForOrder(one.replace(/^.*?: /, '')))).toEqual([]);
});

const grammar = join(corpusDirectory, 'schemas/domain.rng');
const canValidate = hasCorpus('schemas/domain.rng') && hasXmllint();

test.skipIf(!canValidate)("what is rebuilt is accepted by libvirt's grammar", { timeout: 180_000 }, () => {
  const rebuilt = [...corpusDocuments('domain')].map(
    ([name, xml]) => [name, build(Domain, parse(Domain, xml))] as const,
  );
  expect([...refusedBy(grammar, new Map(rebuilt))]).toEqual([]);
});

test.skipIf(!hasCorpus('domain-invalid'))("what libvirt's grammar refuses is refused or reported, and kept", () => {
  const documents = corpusDocuments('domain-invalid');
  expect(documents.size).toBeGreaterThan(10);
  expect([...documents].flatMap(([name, xml]) => silence(name, xml))).toEqual([]);
});

/** What is wrong about how an invalid document is received. */
function silence(name: string, xml: string): readonly string[] {
  const issues = check(Domain, xml);
  if (issues.length === 0) return [`${name}: nothing is reported`];
  try {
    return changed(Domain, [[name, xml]]);
  } catch (error) {
    if (!(error instanceof GuestConfigError)) throw error;
    return error.line === undefined ? [`${name}: refused without a place`] : [];
  }
}

/** What libvirt's schema allows and ours leaves to `$extra`, and why. None of it occurs in any document of libvirt. */
const unmodelled: readonly (readonly [paths: RegExp, reason: string])[] = [
  [
    /^\/domain\/devices\/hostdev\/source\/adapter\/(@(?!name$)|parentaddr)/,
    'the schema reuses the adapter of storage pools; a guest names one',
  ],
  [
    /^\/domain\/devices\/(smartcard|rng\/backend)\/(source\/(@(channel|master|slave)|clipboard|mouse)|target)/,
    'the schema reuses all character devices; neither device has these',
  ],
];

interface Inventory {
  readonly schemaPaths: Readonly<Record<string, InventoryEntry>>;
}
interface InventoryEntry {
  readonly count?: number;
  readonly values?: readonly string[];
}

const { schemaPaths: known } = JSON.parse(readFileSync(join(vectors, 'inventory.json'), 'utf8')) as Inventory;

test("the schema has every path of libvirt's, but for what is explained", () => {
  const ours = schemaPaths(Domain);
  const missing = Object.keys(known).filter((path) => !ours.has(path));
  expect(missing.filter((path) => !unmodelled.some(([paths]) => paths.test(path)))).toEqual([]);
  expect(missing.filter((path) => known[path]?.count)).toEqual([]);
  expect(unmodelled.filter(([paths]) => !missing.some((path) => paths.test(path)))).toEqual([]);
});

test("the schema has every word of libvirt's lists", () => {
  const ours = schemaPaths(Domain);
  const words = Object.entries(known).flatMap(([path, { values = [] }]) => values.map((word) => ({ path, word })));
  expect(words.length).toBeGreaterThan(500);
  expect(words.filter(({ path, word }) => ours.get(path)?.some((accepts) => accepts(word)) === false)).toEqual([]);
});

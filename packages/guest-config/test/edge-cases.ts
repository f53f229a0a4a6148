import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, parse } from '../src/document.ts';
import { type AnyEl, el } from '../src/dsl/el.ts';
import { foreign } from '../src/dsl/field.ts';
import type { Name } from '../src/dsl/name.ts';
import { GuestConfigError } from '../src/errors.ts';
import { textOf, type XmlElement } from '../src/xml/node.ts';
import { readXml } from '../src/xml/read-xml.ts';
import { firstXmlDifference } from './same-xml.ts';

/** A small document and what libxml2 makes of it. */
export interface EdgeCase {
  readonly name: string;
  readonly xml: string;
  readonly wellFormed?: boolean;
  /** A document type declaration, refused whatever it holds. */
  readonly refuse?: boolean;
  /** Well-formed, but a refusal is as good. */
  readonly mayRefuse?: boolean;
  readonly rootAttrs?: Attributes;
  readonly children?: readonly { readonly tag: string; readonly attrs: Attributes; readonly text: string }[];
}

type Attributes = Readonly<Record<string, string>>;

/** How a case ended: what differs from libxml2's verdict, and the document as it was rebuilt. */
export interface EdgeOutcome {
  readonly difference?: string;
  readonly rebuilt?: string;
}

/** The cases of a corpus. */
export function edgeCases(directory: string): readonly EdgeCase[] {
  const text = readFileSync(join(directory, 'edge/cases.json'), 'utf8');
  return (JSON.parse(text) as { readonly cases: readonly EdgeCase[] }).cases;
}

/** An element that takes every child, for documents without a schema. */
export function anything(name: Name): AnyEl {
  return el(name, { nodes: foreign() });
}

/** Reads and rebuilds a case. */
export function edgeOutcome(one: EdgeCase): EdgeOutcome {
  try {
    const { root } = readXml(one.xml);
    if (!one.wellFormed) return { difference: 'it was accepted' };
    const seen = JSON.stringify(rootFacts(root));
    const expected = JSON.stringify({ attrs: sorted(one.rootAttrs ?? {}), kids: one.children?.map(childFacts) ?? [] });
    if (seen !== expected) return { difference: `it was read as ${seen}, not as ${expected}` };
    return rebuilt(one.xml, root.name);
  } catch (error) {
    if (!(error instanceof GuestConfigError)) throw error;
    if (one.mayRefuse || (!one.wellFormed && one.refuse === (error.code === 'FORBIDDEN_XML' || undefined))) return {};
    return { difference: `it was refused: ${error.message}` };
  }
}

function rebuilt(xml: string, rootName: string): EdgeOutcome {
  const element = anything(rootName.slice(rootName.indexOf(':') + 1));
  const again = build(element, parse(element, xml));
  const difference = firstXmlDifference(xml, again);
  return { rebuilt: again, ...(difference !== undefined && { difference }) };
}

function rootFacts(root: XmlElement) {
  const kids = root.kids.filter((kid) => typeof kid !== 'string');
  return {
    attrs: sorted(Object.fromEntries(root.attrs)),
    kids: kids.map((kid) => childFacts({ tag: kid.key, attrs: Object.fromEntries(kid.attrs), text: textOf(kid) })),
  };
}

function childFacts({ tag, attrs, text }: { readonly tag: string; readonly attrs: Attributes; readonly text: string }) {
  return { tag, attrs: sorted(attrs), text };
}

/** Attributes in one order, without namespace declarations. */
function sorted(attrs: Attributes): readonly (readonly [string, string])[] {
  const own = Object.entries(attrs).filter(([name]) => name !== 'xmlns' && !name.startsWith('xmlns:'));
  return own.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

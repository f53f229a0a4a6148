import { XMLParser } from 'fast-xml-parser';
import { MAX_DEPTH, normalized, scan } from './scan.ts';
import { resolveNamespaces } from './namespaces.ts';
import { decodeAttribute, decodeReferences } from './text.ts';
import type { XmlElement } from './node.ts';

/** A document, checked, decoded and resolved. */
export interface XmlDocument {
  readonly root: XmlElement;
  /** The text that offsets refer to. */
  readonly source: string;
  readonly offsets: readonly number[];
}

/**
 * Reads a document without losing order, spelling or white space.
 *
 * @throws GuestConfigError `MALFORMED_XML`, `FORBIDDEN_XML`, `LIMIT_EXCEEDED`.
 */
export function readXml(xml: string): XmlDocument {
  const source = normalized(xml);
  const { hasNamespaces, offsets, instructions } = scan(source);
  const disguised = dangerousName.test(source);
  const nodes = (disguised ? guardedParser : parser).parse(without(source, instructions)) as readonly FxpNode[];
  const [root] = elements(nodes, disguised);
  if (typeof root !== 'object') throw new TypeError('fast-xml-parser found no root in a well-formed document');
  const document = { root, source, offsets };
  return hasNamespaces ? { ...document, root: resolveNamespaces(document) } : document;
}

/**
 * fast-xml-parser takes a processing instruction for a tag with attributes, and one with a lone quote for the rest of
 * the document.
 */
function without(source: string, ranges: readonly (readonly [start: number, end: number])[]): string {
  let kept = '';
  let at = 0;
  for (const [start, end] of ranges) {
    kept += source.slice(at, start);
    at = end;
  }
  return kept + source.slice(at);
}

/** One key is the name (`#text`, `#cdata` or an element's), `:@` holds attributes. */
type FxpNode = Readonly<Record<string, readonly FxpNode[] | string | Readonly<Record<string, string>>>>;

const options = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  cdataPropName: '#cdata',
  ignoreDeclaration: true,
  ignorePiTags: true,
  jPath: false,
  maxNestedTags: MAX_DEPTH + 1,
  onDangerousProperty: (name: string) => name,
};
const parser = new XMLParser(options);
/** fast-xml-parser throws at these names: they go in disguised, behind a character that no name holds. */
const guardedParser = new XMLParser({
  ...options,
  attributeNamePrefix: '<',
  transformTagName: (name: string) => `<${name}`,
});
const dangerousName = /[<\s](?:__proto__|constructor|prototype)[\s=/>]/;
const noAttributes: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

function elements(nodes: readonly FxpNode[], disguised: boolean): (XmlElement | string)[] {
  const kids: (XmlElement | string)[] = [];
  for (const node of nodes) {
    const text = textOf(node);
    const last = kids.at(-1);
    if (text === undefined) kids.push(element(node, disguised));
    else if (typeof last === 'string') kids[kids.length - 1] = last + text;
    else kids.push(text);
  }
  return kids;
}

/** The text of a text or CDATA node. References are resolved in the former only. */
function textOf(node: FxpNode): string | undefined {
  const text = rawTextOf(node);
  if (text !== undefined) return text.includes('&') ? decodeReferences(text) : text;
  const sections = node['#cdata'] as readonly FxpNode[] | undefined;
  return sections?.map(rawTextOf).join('');
}

function rawTextOf(node: FxpNode): string | undefined {
  const text = node['#text'];
  return typeof text === 'string' ? text : undefined;
}

function element(node: FxpNode, disguised: boolean): XmlElement {
  let tag = '';
  for (const key in node) {
    if (key === ':@') continue;
    tag = key;
    break;
  }
  const name = disguised ? undisguised(tag) : tag;
  const attrs = node[':@'] as Record<string, string> | undefined;
  return {
    name,
    key: name,
    attrs: attrs ? decoded(attrs, disguised) : noAttributes,
    kids: elements(node[tag] as readonly FxpNode[], disguised),
  };
}

/** Decodes in place: the record was made for this document only. */
function decoded(attrs: Record<string, string>, disguised: boolean): Readonly<Record<string, string>> {
  for (const name in attrs) {
    const raw = attrs[name] ?? '';
    if (/[&\t\n]/.test(raw)) attrs[name] = decodeAttribute(raw);
  }
  if (!disguised) return attrs;
  const open: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(attrs)) open[undisguised(name)] = value;
  return open;
}

/** The parser disguises the name of an empty tag twice. */
function undisguised(name: string): string {
  return name.replace(/^<+/, '');
}

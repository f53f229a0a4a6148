import { createRequire } from 'node:module';
import type { XMLParser as Parser } from 'fast-xml-parser';
import { MAX_DEPTH, normalized, scan } from './scan.ts';
import { resolveNamespaces } from './namespaces.ts';
import { decodeReferences } from './text.ts';
import type { XmlElement } from './node.ts';

/** A document, checked, decoded and resolved. @internal */
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
 *
 * @internal
 */
export function readXml(xml: string): XmlDocument {
  const source = normalized(xml);
  const { hasNamespaces, offsets, attributes, instructions } = scan(source);
  const disguised = dangerousTag.test(source);
  const nodes = (disguised ? guardedParser : parser).parse(without(source, instructions)) as readonly FxpNode[];
  const tree: Tree = { attributes, at: 0, disguised };
  const [root] = elements(tree, nodes);
  if (typeof root !== 'object' || tree.at !== offsets.length) {
    throw new TypeError('fast-xml-parser found other elements in a well-formed document than the scanner');
  }
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

/** One key: the name of the element, `#text` or `#cdata`. */
type FxpNode = Readonly<Record<string, readonly FxpNode[] | string>>;

/** `import` brings the library in some forty files, which takes four times as long as the one that `require` loads. */
const { XMLParser } = createRequire(import.meta.url)('fast-xml-parser') as { readonly XMLParser: typeof Parser };

const options = {
  preserveOrder: true,
  // The scanner has to look at each attribute anyway and keeps what it saw: to read them twice takes a third longer.
  ignoreAttributes: true,
  parseTagValue: false,
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
const guardedParser = new XMLParser({ ...options, transformTagName: (name: string) => `<${name}` });
const dangerousTag = /<(?:__proto__|constructor|prototype)[\s/>]/;

/** What becomes of the parser's nodes: the attributes of the elements in document order, and how many were taken. */
interface Tree {
  readonly attributes: readonly ReadonlyMap<string, string>[];
  at: number;
  readonly disguised: boolean;
}

function elements(tree: Tree, nodes: readonly FxpNode[]): (XmlElement | string)[] {
  const kids: (XmlElement | string)[] = [];
  for (const node of nodes) {
    const text = textOf(node);
    const last = kids.at(-1);
    if (text === undefined) kids.push(element(tree, node));
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

function element(tree: Tree, node: FxpNode): XmlElement {
  const [tag = ''] = Object.keys(node);
  const name = tree.disguised ? undisguised(tag) : tag;
  const attrs = tree.attributes[tree.at++] ?? new Map<string, string>();
  return { name, key: name, attrs, kids: elements(tree, node[tag] as readonly FxpNode[]) };
}

/** The parser disguises the name of an empty tag twice. */
function undisguised(name: string): string {
  return name.replace(/^<+/, '');
}

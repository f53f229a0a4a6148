import { GuestConfigError, type GuestConfigErrorCode, quoted } from '../errors.ts';
import { declaredPrefix } from './node.ts';
import { badReference, decodeAttribute, isXmlText } from './text.ts';

/** Characters of a document, at most. libvirt itself carries at most 4 MiB per document over its protocol. @internal */
export const MAX_LENGTH = 16 * 1024 * 1024;
/** Elements inside each other, at most; libxml2's own limit. @internal */
export const MAX_DEPTH = 256;
/** Attributes of one element, at most; libvirt's largest element has some thirty. */
const MAX_ATTRIBUTES = 256;
/** Namespace declarations of a document, at most: each costs a copy of those around it. */
const MAX_DECLARATIONS = 4096;

const start =
  'A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD';
const letter = `(?:[${start}]|[\\uD800-\\uDB7F][\\uDC00-\\uDFFF])`;
const local = `${letter}(?:[-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040${start}]|[\\uD800-\\uDB7F][\\uDC00-\\uDFFF])*`;
const qName = `${local}(?::${local})?`;
const openTag = new RegExp(`<(${qName})`, 'y');
const attribute = new RegExp(`[ \\t\\n]+(${qName})[ \\t\\n]*=[ \\t\\n]*(?:"([^<"]*)"|'([^<']*)')`, 'y');
const openEnd = /[ \t\n]*(\/?)>/y;
const closeTag = new RegExp(`</(${qName})[ \\t\\n]*>`, 'y');
const declaration =
  /^<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.\d+"|'1\.\d+')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/;
const instruction = new RegExp(`<\\?(${local})(?:[ \\t\\n][^]*?)?\\?>`, 'y');

const wholeName = new RegExp(`^${qName}$`);

/** Whether text is the name of an element or attribute. @internal */
export function isQName(text: string): boolean {
  return wholeName.test(text);
}

/** What a scan found out about a well-formed document. @internal */
export interface ScanResult {
  /** Whether any name has a prefix or any namespace is declared. */
  readonly hasNamespaces: boolean;
  /** Offsets of the elements' start tags in document order. */
  readonly offsets: readonly number[];
  /** The attributes of each of these elements, decoded, by name as written. */
  readonly attributes: readonly ReadonlyMap<string, string>[];
  /** Processing instructions, by start and end. */
  readonly instructions: readonly (readonly [start: number, end: number])[];
}

/** A document as the scanner wants it: without byte order mark, line ends as XML 1.0, 2.11 has them. @internal */
export function normalized(xml: string): string {
  const body = xml.charCodeAt(0) === 0xfeff ? xml.slice(1) : xml;
  return body.includes('\r') ? body.replace(/\r\n?/g, '\n') : body;
}

/**
 * Checks that a document is well-formed XML 1.0 and holds nothing dangerous: fast-xml-parser, which reads it
 * afterwards,
 * accepts much that is neither.
 *
 * @throws GuestConfigError `MALFORMED_XML`, `FORBIDDEN_XML`, `LIMIT_EXCEEDED`, each with line and column.
 *
 * @internal
 */
export function scan(source: string): ScanResult {
  if (source.length > MAX_LENGTH) {
    throw new GuestConfigError({
      code: 'LIMIT_EXCEEDED',
      path: '',
      expected: `at most ${MAX_LENGTH} characters`,
      found: `a document of ${source.length} characters`,
    });
  }
  if (!isXmlText(source)) refuseCharacter(source);
  const scanner: Scanner = {
    source,
    at: 0,
    open: [],
    offsets: [],
    attributes: [],
    instructions: [],
    hasNamespaces: false,
    declarations: 0,
  };
  scanner.at = declaration.exec(source)?.[0].length ?? 0;
  while (scanner.at < source.length) step(scanner);
  if (scanner.open.length > 0) {
    refuse(source, source.length, `the end tag </${scanner.open.at(-1)}>`, 'the end of the document');
  }
  if (scanner.offsets.length === 0) refuse(source, source.length, 'a root element', 'the end of the document');
  return scanner;
}

/** Line and column, both from 1, of an offset. @internal */
export function position(source: string, offset: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

/**
 * Offset of an attribute of the element that starts at `offset`, or that offset itself when it has none of that name.
 *
 * @internal
 */
export function attributeOffset(source: string, offset: number, name: string): number {
  openTag.lastIndex = offset;
  openTag.exec(source);
  attribute.lastIndex = openTag.lastIndex;
  for (let found = attribute.exec(source); found; found = attribute.exec(source)) {
    if (found[1] === name) return found.index + (/^[ \t\n]+/.exec(found[0])?.[0].length ?? 0);
  }
  return offset;
}

const noAttributes: ReadonlyMap<string, string> = new Map();

interface Scanner {
  readonly source: string;
  at: number;
  readonly open: string[];
  readonly offsets: number[];
  readonly attributes: ReadonlyMap<string, string>[];
  readonly instructions: [start: number, end: number][];
  hasNamespaces: boolean;
  declarations: number;
}

function step(scanner: Scanner): void {
  const { source } = scanner;
  const next = source.indexOf('<', scanner.at);
  const end = next < 0 ? source.length : next;
  if (end > scanner.at) text(scanner, end);
  scanner.at = end;
  if (next < 0) return;
  const code = source.charCodeAt(next + 1);
  if (code === 0x2f) close(scanner);
  else if (code === 0x21) markup(scanner);
  else if (code === 0x3f) processing(scanner);
  else element(scanner);
}

function text(scanner: Scanner, end: number): void {
  const { source, at, open } = scanner;
  const piece = source.slice(at, end);
  if (open.length === 0) {
    const bad = piece.search(/[^ \t\n]/);
    if (bad >= 0) refuse(source, at + bad, 'markup outside the root element', quoted(piece.trim()));
    return;
  }
  const closing = piece.indexOf(']]>');
  if (closing >= 0) refuse(source, at + closing, '"]]&gt;" in text', '"]]>"');
  if (piece.includes('&')) references(source, at, piece);
}

function references(source: string, at: number, piece: string): void {
  const bad = badReference(piece);
  if (bad < 0) return;
  const found = /^&[^;<"'\s]{0,20};?/.exec(piece.slice(bad))?.[0] ?? '&';
  refuse(source, at + bad, '&amp;, &lt;, &gt;, &quot;, &apos; or the number of a character', quoted(found));
}

function element(scanner: Scanner): void {
  const { source, at, open, offsets } = scanner;
  if (open.length === 0 && offsets.length > 0) refuse(source, at, 'one root element', 'a second one');
  openTag.lastIndex = at;
  const name = openTag.exec(source)?.[1];
  if (name === undefined)
    return refuse(source, at, 'the name of an element after "<"', quoted(source.slice(at, at + 20)));
  offsets.push(at);
  if (name.includes(':')) scanner.hasNamespaces = true;
  openEnd.lastIndex = readAttributes(scanner, openTag.lastIndex);
  const end = openEnd.exec(source);
  if (!end) return refuseTag(source, at, name);
  if (end[1] === '') open.push(name);
  if (open.length > MAX_DEPTH) {
    refuse(source, at, `at most ${MAX_DEPTH} elements inside each other`, 'a deeper one', 'LIMIT_EXCEEDED');
  }
  scanner.at = openEnd.lastIndex;
}

/** Checks and keeps the attributes of a start tag; answers where they end. */
function readAttributes(scanner: Scanner, from: number): number {
  const { source } = scanner;
  let attrs: Map<string, string> | undefined;
  let at = from;
  attribute.lastIndex = from;
  for (let found = attribute.exec(source); found; found = attribute.exec(source)) {
    const [whole, name = '', inDouble, inSingle = ''] = found;
    attrs ??= new Map();
    if (attrs.has(name)) refuse(source, found.index + 1, 'each attribute once', `a second ${quoted(name)}`);
    if (attrs.size === MAX_ATTRIBUTES) {
      refuse(source, from, `at most ${MAX_ATTRIBUTES} attributes of an element`, 'more of them', 'LIMIT_EXCEEDED');
    }
    if (name === 'xmlns' || name.includes(':')) countNamespaces(scanner, name, found.index);
    if (whole.includes('&')) references(source, found.index, whole);
    attrs.set(name, decodeAttribute(inDouble ?? inSingle));
    at = attribute.lastIndex;
  }
  scanner.attributes.push(attrs ?? noAttributes);
  return at;
}

function countNamespaces(scanner: Scanner, attributeName: string, at: number): void {
  scanner.hasNamespaces = true;
  if (declaredPrefix(attributeName) === undefined) return;
  scanner.declarations++;
  if (scanner.declarations > MAX_DECLARATIONS) {
    const expected = `at most ${MAX_DECLARATIONS} namespace declarations`;
    refuse(scanner.source, at, expected, 'another one', 'LIMIT_EXCEEDED');
  }
}

function close(scanner: Scanner): void {
  const { source, at, open } = scanner;
  closeTag.lastIndex = at;
  const name = closeTag.exec(source)?.[1];
  const expected = open.pop();
  if (expected === undefined) refuse(source, at, 'nothing after the root element', quoted(source.slice(at, at + 20)));
  if (name !== expected) refuse(source, at, `the end tag </${expected}>`, quoted(source.slice(at, at + 20)));
  scanner.at = closeTag.lastIndex;
}

function markup(scanner: Scanner): void {
  const { source, at, open } = scanner;
  if (source.startsWith('<!--', at)) {
    const end = source.indexOf('--', at + 4);
    if (end < 0) refuse(source, at, 'the end of the comment', 'the end of the document');
    if (source[end + 2] !== '>') refuse(source, end, 'no "--" inside a comment', '"--"');
    scanner.at = end + 3;
  } else if (source.startsWith('<![CDATA[', at) && open.length > 0) {
    const end = source.indexOf(']]>', at + 9);
    if (end < 0) refuse(source, at, 'the end of the CDATA section', 'the end of the document');
    scanner.at = end + 3;
  } else if (source.startsWith('<!DOCTYPE', at)) {
    refuse(source, at, 'a document without document type declaration', '<!DOCTYPE', 'FORBIDDEN_XML');
  } else refuse(source, at, 'an element, a comment or text', quoted(source.slice(at, at + 20)));
}

function processing(scanner: Scanner): void {
  const { source, at } = scanner;
  instruction.lastIndex = at;
  const target = instruction.exec(source)?.[1];
  if (target === undefined) refuse(source, at, 'a complete processing instruction', quoted(source.slice(at, at + 20)));
  if (target?.toLowerCase() === 'xml') {
    refuse(source, at, 'a complete XML declaration at the very start, or none', quoted(source.slice(at, at + 20)));
  }
  scanner.at = instruction.lastIndex;
  scanner.instructions.push([at, scanner.at]);
}

function refuseTag(source: string, at: number, name: string): never {
  const rest = source.slice(at, at + 60).split('\n', 1)[0] ?? '';
  return refuse(source, at, `the start tag <${name}> with attributes as name="value"`, quoted(rest));
}

function refuseCharacter(source: string): never {
  let at = 0;
  for (const character of source) {
    if (!isXmlText(character)) break;
    at += character.length;
  }
  const code = source.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  return refuse(source, at, 'a character that XML 1.0 allows', `U+${code}`);
}

function refuse(
  source: string,
  offset: number,
  expected: string,
  found: string,
  code: GuestConfigErrorCode = 'MALFORMED_XML',
): never {
  throw new GuestConfigError({ code, path: '', ...position(source, offset), expected, found });
}

import { GuestConfigError, quoted } from '../errors.ts';
import { type Locatable, locate } from './locate.ts';
import { declaredPrefix, type Namespaces, type XmlElement } from './node.ts';

const xmlUri = 'http://www.w3.org/XML/1998/namespace';
const xmlnsUri = 'http://www.w3.org/2000/xmlns/';

/**
 * Gives each element the key of its namespace (Namespaces in XML 1.0).
 *
 * @throws GuestConfigError `MALFORMED_XML` at an unbound prefix, a forbidden declaration, or an attribute given twice
 * under two prefixes.
 *
 * @internal
 */
export function resolveNamespaces(document: Locatable): XmlElement {
  return resolve(document, document.root, noNamespaces);
}

/** Where no namespace is declared. @internal */
export const noNamespaces: Namespaces = Object.freeze(Object.create(null));

/**
 * The namespaces in force inside an element; those around it, the very same object, when its attributes declare none.
 *
 * @internal
 */
export function inside(around: Namespaces, attrs: Iterable<readonly [name: string, text: string]>): Namespaces {
  let scope: Record<string, string> | undefined;
  for (const [name, uri] of attrs) {
    const prefix = declaredPrefix(name);
    if (prefix === undefined) continue;
    scope ??= Object.assign(Object.create(null) as Record<string, string>, around);
    if (uri) scope[prefix] = uri;
    else delete scope[prefix];
  }
  return scope ?? around;
}

/** URI of a prefix; `''` for the default namespace where there is none. @internal */
export function uriOf(scope: Namespaces, prefix: string): string | undefined {
  if (prefix === 'xml') return xmlUri;
  return scope[prefix] ?? (prefix === '' ? '' : undefined);
}

function resolve(document: Locatable, element: XmlElement, around: Namespaces): XmlElement {
  checkDeclarations(document, element);
  const scope = inside(around, element.attrs);
  checkAttributes(document, element, scope);
  const [prefix, local] = split(element.name);
  const uri = uriOf(scope, prefix);
  if (uri === undefined) return unbound(document, element, prefix);
  return {
    ...element,
    key: uri === '' ? local : `{${uri}}${local}`,
    // `locate` compares identities, so the children of the unresolved tree are visited in place.
    kids: element.kids.map((kid) => (typeof kid === 'string' ? kid : resolve(document, kid, scope))),
    around,
  };
}

function checkDeclarations(document: Locatable, element: XmlElement): void {
  for (const [name, uri] of element.attrs) {
    const prefix = declaredPrefix(name);
    if (prefix === undefined) continue;
    const reserved = prefix === 'xmlns' || uri === xmlnsUri || (prefix === 'xml') !== (uri === xmlUri);
    if (reserved) refuse(document, element, name, 'a namespace that is not reserved', quoted(uri));
    if (prefix !== '' && uri === '') refuse(document, element, name, 'the URI of a namespace', '""');
  }
}

function checkAttributes(document: Locatable, element: XmlElement, scope: Namespaces): void {
  const seen = new Set<string>();
  for (const name of element.attrs.keys()) {
    if (!name.includes(':') || declaredPrefix(name) !== undefined) continue;
    const [prefix, local] = split(name);
    const uri = uriOf(scope, prefix);
    if (uri === undefined) return unbound(document, element, prefix, name);
    const key = `{${uri}}${local}`;
    if (seen.has(key)) refuse(document, element, name, 'each attribute once', `a second ${quoted(key)}`);
    seen.add(key);
  }
}

function split(name: string): readonly [prefix: string, local: string] {
  const colon = name.indexOf(':');
  return colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)];
}

function unbound(document: Locatable, element: XmlElement, prefix: string, attribute?: string): never {
  return refuse(
    document,
    element,
    attribute,
    `a declaration xmlns:${prefix}="..."`,
    `the unbound prefix ${quoted(prefix)}`,
  );
}

function refuse(
  document: Locatable,
  element: XmlElement,
  attribute: string | undefined,
  expected: string,
  found: string,
): never {
  throw new GuestConfigError({ code: 'MALFORMED_XML', ...locate(document, element, attribute), expected, found });
}

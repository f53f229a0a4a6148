/**
 * XML that the schema does not type, kept as it was: foreign metadata, unknown elements, and elements whose
 * discriminant has an unknown value. Comments and processing instructions are not kept.
 */
export interface XNode {
  /** Name as written, with its prefix. */
  readonly name: string;
  /** Attributes by name as written, with namespace declarations. */
  readonly attrs?: Readonly<Record<string, string>>;
  /** Elements and text in order. */
  readonly kids?: readonly (XNode | string)[];
  /** Namespaces in force around it: URI by prefix, `''` for the default one. Declared again when they are needed. */
  readonly ns?: Namespaces;
}

/** Namespace URI by prefix; `''` is the default namespace. */
export type Namespaces = Readonly<Record<string, string>>;

/** An element of a document that was read, decoded and resolved. */
export interface XmlElement {
  readonly name: string;
  /** `name` without a namespace, `{uri}name` with one. */
  readonly key: string;
  readonly attrs: ReadonlyMap<string, string>;
  readonly kids: readonly (XmlElement | string)[];
  /** Namespaces in force around the element; absent in documents without any. */
  readonly around?: Namespaces;
}

/** Keeps an element whole. */
export function toXNode(element: XmlElement): XNode {
  const inner = toBareXNode(element);
  return element.around && Object.keys(element.around).length > 0 ? { ...inner, ns: element.around } : inner;
}

/** The prefix that an attribute declares (`''`: the default namespace), if it declares one. */
export function declaredPrefix(attribute: string): string | undefined {
  if (attribute === 'xmlns') return '';
  return attribute.startsWith('xmlns:') ? attribute.slice(6) : undefined;
}

/** All text directly inside an element. */
export function textOf(element: XmlElement): string {
  const { kids } = element;
  if (kids.length === 0) return '';
  const [first] = kids;
  if (kids.length === 1 && typeof first === 'string') return first;
  return kids.filter((kid) => typeof kid === 'string').join('');
}

/** Whether text consists of XML white space only. */
export function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x09 && code !== 0x0d) return false;
  }
  return true;
}

/** Whether an element holds no text but white space. */
export function hasOnlyLayout({ kids }: XmlElement): boolean {
  return kids.every((kid) => typeof kid !== 'string' || isBlank(kid));
}

function toBareXNode(element: XmlElement): XNode {
  const hasElements = element.kids.some((kid) => typeof kid !== 'string');
  // White space between elements is layout, unless there is other text: then all of it is content.
  const layout = hasElements && isBlank(textOf(element));
  const kids = element.kids
    .filter((kid) => !(layout && typeof kid === 'string'))
    .map((kid) => (typeof kid === 'string' ? kid : toBareXNode(kid)));
  return {
    name: element.name,
    ...(element.attrs.size > 0 && { attrs: recordOf(element.attrs) }),
    ...(kids.length > 0 && { kids }),
  };
}

/** Without a prototype: an attribute may have any name. */
function recordOf(attrs: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const record: Record<string, string> = Object.create(null);
  for (const [name, text] of attrs) record[name] = text;
  return record;
}

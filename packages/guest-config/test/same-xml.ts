import { isBlank, textOf, type XmlElement } from '../src/xml/node.ts';
import { readXml } from '../src/xml/read-xml.ts';

/** How two documents are compared. */
export interface Comparison {
  /** Whether the order between children of different names counts, too. */
  readonly strictOrder?: boolean;
}

/**
 * The first difference between two documents as trees, or undefined. Attribute order, prefixes, comments and white
 * space
 * between elements do not count, the order of children of one name does. Where texts are mixed with elements they are
 * compared as one.
 *
 * Both are read by this package's own reader, which the edge cases compare with libxml2.
 */
export function firstXmlDifference(a: string, b: string, comparison: Comparison = {}): string | undefined {
  return difference(readXml(a).root, readXml(b).root, '', comparison);
}

function difference(a: XmlElement, b: XmlElement, around: string, comparison: Comparison): string | undefined {
  const path = `${around}/${a.key}`;
  if (a.key !== b.key) return `${path}: became ${b.key}`;
  return attributeDifference(a, b, path) ?? textDifference(a, b, path) ?? childDifference(a, b, path, comparison);
}

function attributeDifference(a: XmlElement, b: XmlElement, path: string): string | undefined {
  const [left, right] = [attributes(a), attributes(b)];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    if (left.get(name) !== right.get(name)) return `${path}/@${name}: ${left.get(name)} became ${right.get(name)}`;
  }
  return undefined;
}

/** Attributes but for namespace declarations. Prefixes of attributes are compared as written: libvirt has none. */
function attributes(element: XmlElement): ReadonlyMap<string, string> {
  return new Map([...element.attrs].filter(([name]) => name !== 'xmlns' && !name.startsWith('xmlns:')));
}

function textDifference(a: XmlElement, b: XmlElement, path: string): string | undefined {
  const [left, right] = [a, b].map((element) => (isBlank(textOf(element)) ? '' : textOf(element)));
  return left === right ? undefined : `${path}/text(): ${JSON.stringify(left)} became ${JSON.stringify(right)}`;
}

function childDifference(a: XmlElement, b: XmlElement, path: string, comparison: Comparison): string | undefined {
  const [left, right] = [children(a), children(b)];
  const [before, after] = [left, right].map((kids) => kids.map(({ key }) => key).join(' '));
  if (comparison.strictOrder && before !== after) return `${path}: <${before}> became <${after}>`;
  for (const key of new Set([...left, ...right].map((kid) => kid.key))) {
    const [ours, theirs] = [left, right].map((kids) => kids.filter((kid) => kid.key === key));
    if (ours?.length !== theirs?.length) return `${path}/${key}: ${ours?.length} became ${theirs?.length}`;
    for (const [index, kid] of (ours ?? []).entries()) {
      const other = theirs?.[index];
      const found = other && difference(kid, other, path, comparison);
      if (found) return found;
    }
  }
  return undefined;
}

function children(element: XmlElement): readonly XmlElement[] {
  return element.kids.filter((kid) => typeof kid !== 'string');
}

import type { XmlElement } from './node.ts';
import { attributeOffset, position } from './scan.ts';

/** What `locate` needs of a document. @internal */
export interface Locatable {
  readonly root: XmlElement;
  readonly source: string;
  readonly offsets: readonly number[];
}

/**
 * Path, line and column of an element of a document, or of one of its attributes. Only called once something is wrong.
 *
 * @internal
 */
export function locate(document: Locatable, target: XmlElement, attribute?: string) {
  const offset = document.offsets[ordinal(document.root, target)] ?? 0;
  const at = attribute === undefined ? offset : attributeOffset(document.source, offset, attribute);
  const path = pathOf(chainTo(document.root, target) ?? []);
  return { path: attribute === undefined ? path : `${path}/@${attribute}`, ...position(document.source, at) };
}

/** How many elements start before the target. */
function ordinal(root: XmlElement, target: XmlElement): number {
  let count = 0;
  const visit = (element: XmlElement): boolean => {
    if (element === target) return true;
    count++;
    return element.kids.some((kid) => typeof kid !== 'string' && visit(kid));
  };
  visit(root);
  return count;
}

/** The path of the last of these elements, each of which holds the next one. */
function pathOf(chain: readonly XmlElement[]): string {
  return chain.map((element, depth) => `/${element.name}${indexIn(chain[depth - 1], element)}`).join('');
}

/** `[2]` for the second of several children of one name. */
function indexIn(parent: XmlElement | undefined, element: XmlElement): string {
  const same = parent?.kids.filter((kid) => typeof kid !== 'string' && kid.name === element.name) ?? [];
  return same.length > 1 ? `[${same.indexOf(element) + 1}]` : '';
}

/** The target and all elements around it, from the outermost one. */
function chainTo(element: XmlElement, target: XmlElement): readonly XmlElement[] | undefined {
  if (element === target) return [element];
  for (const kid of element.kids) {
    const inner = typeof kid === 'string' ? undefined : chainTo(kid, target);
    if (inner) return [element, ...inner];
  }
  return undefined;
}

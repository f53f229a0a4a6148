import type { Extra } from './el.ts';
import type { Namespaces, XNode } from '../xml/node.ts';

/**
 * How the document spelled values that are written otherwise in canonical form, by field: a text, or one per item.
 * Reused by `build` as long as it still means the field's value.
 *
 * @internal
 */
export const SPELLING = Symbol('spelling');
/** Namespaces that the document declared at this element. @internal */
export const NAMESPACES = Symbol('namespaces');
/** Position of an undeclared child among the children of its name. */
const positions = new WeakMap<XNode, number>();

/** A value of the schema while it is read or written, whatever its element. @internal */
export interface Value {
  [field: string]: unknown;
  $extra?: Extra;
  [SPELLING]?: Record<string, string | (string | undefined)[]>;
  [NAMESPACES]?: Namespaces;
}

/** Remembers where a kept child stood among the children of its name. @internal */
export function remember(node: XNode, index: number): XNode {
  positions.set(node, index);
  return node;
}

/** Where a kept child stood; behind all others when it is new. @internal */
export function positionOf(node: XNode): number {
  return positions.get(node) ?? Number.POSITIVE_INFINITY;
}

import { readXml } from '../../guest-config/src/xml/read-xml.ts';
import type { XmlElement } from '../../guest-config/src/xml/node.ts';

/** An element as far as a guest depends on it. */
export interface Tree {
  /** Local name, with its namespace when it has one. */
  readonly name: string;
  readonly attrs: Readonly<Record<string, string>>;
  /** Text of an element without children. */
  readonly text: string;
  readonly kids: readonly Tree[];
}

/** Reads a document as a tree; layout, prefixes and leading zeros of addresses are left out. */
export function readTree(xml: string): Tree {
  return treeOf(readXml(xml).root);
}

function treeOf({ key, attrs, kids }: XmlElement): Tree {
  const elements = kids.filter((kid) => typeof kid !== 'string');
  const text = kids.filter((kid) => typeof kid === 'string').join('');
  const declared = [...attrs].filter(([name]) => !name.startsWith('xmlns'));
  return {
    name: key,
    attrs: Object.fromEntries(key === 'address' ? declared.map(shortened) : declared),
    text: elements.length > 0 ? '' : text.trim(),
    kids: elements.map(treeOf),
  };
}

/** `0x0000` and `0x0` are one number to libvirt. */
function shortened([name, value]: readonly [string, string]): readonly [string, string] {
  return [name, value.replace(/^0x0+(?=[0-9a-f])/i, '0x')];
}

/** A tree's elements, itself included. */
export function all(tree: Tree): readonly Tree[] {
  return [tree, ...tree.kids.flatMap(all)];
}

/** The first difference of two trees, as a path; undefined when they are equal. The order of elements counts only among those of one name. */
export function treeDifference(expected: Tree, actual: Tree, path = `/${expected.name}`): string | undefined {
  if (expected.name !== actual.name) return `${path}: expected <${expected.name}>, got <${actual.name}>`;
  if (expected.text !== actual.text) return `${path}: expected "${expected.text}", got "${actual.text}"`;
  return attributeDifference(expected, actual, path) ?? childDifference(expected, actual, path);
}

function attributeDifference(expected: Tree, actual: Tree, path: string): string | undefined {
  for (const name of new Set([...Object.keys(expected.attrs), ...Object.keys(actual.attrs)])) {
    const [one, other] = [expected.attrs[name], actual.attrs[name]];
    if (one !== other) return `${path}/@${name}: expected ${show(one)}, got ${show(other)}`;
  }
  return undefined;
}

function childDifference(expected: Tree, actual: Tree, path: string): string | undefined {
  for (const name of new Set([...expected.kids, ...actual.kids].map((kid) => kid.name))) {
    const ones = expected.kids.filter((kid) => kid.name === name);
    const others = actual.kids.filter((kid) => kid.name === name);
    if (ones.length !== others.length) return `${path}/${name}: expected ${ones.length} of them, got ${others.length}`;
    for (const [index, one] of ones.entries()) {
      const other = others[index];
      const inside = other && treeDifference(one, other, `${path}/${name}[${index + 1}]`);
      if (inside) return inside;
    }
  }
  return undefined;
}

function show(value: string | undefined): string {
  return value === undefined ? 'none' : `"${value}"`;
}

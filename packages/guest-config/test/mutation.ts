import fc from 'fast-check';
import { toXNode, type XNode } from '../src/xml/node.ts';
import { readXml } from '../src/xml/read-xml.ts';

/** A change of one place of a document: which element, what is done to it, with which text. */
export interface Mutation {
  readonly at: number;
  readonly kind: (typeof kinds)[number];
  readonly text: string;
}

const kinds = ['attribute', 'new attribute', 'no attribute', 'text', 'new child', 'twice', 'gone', 'swapped'] as const;

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(9999),
  kind: fc.constantFrom(...kinds),
  text: fc.oneof(
    fc.constantFrom('', '0', '-1', '0x10', '007', '1.5', 'yes', 'off', 'new', '0-3,^2', '99999999999999999999', '/a/b'),
    fc.constantFrom(' padded ', 'a & b', '<b>', `"it's"`, 'two\nlines', '\ttab', 'é漢'),
    fc.uuid(),
  ),
});

/** The document with these changes. Names stay names and nothing is added that only a human would call layout. */
export function mutated(xml: string, mutations: readonly Mutation[]): string {
  let root = mutable(toXNode(readXml(xml).root));
  for (const one of mutations) {
    const all = elementsOf(root);
    const target = all[one.at % all.length];
    if (target) root = apply(root, target, one);
  }
  return print(root);
}

interface Node {
  name: string;
  attrs: Record<string, string>;
  kids: (Node | string)[];
}

function mutable({ name, attrs = {}, kids = [] }: XNode): Node {
  return { name, attrs: { ...attrs }, kids: kids.map((kid) => (typeof kid === 'string' ? kid : mutable(kid))) };
}

function elementsOf(node: Node): readonly Node[] {
  return [node, ...node.kids.flatMap((kid) => (typeof kid === 'string' ? [] : elementsOf(kid)))];
}

function apply(root: Node, target: Node, { kind, text, at }: Mutation): Node {
  const names = Object.keys(target.attrs).filter((name) => !name.startsWith('xmlns'));
  const attribute = names[at % Math.max(names.length, 1)];
  const parent = elementsOf(root).find(({ kids }) => kids.includes(target));
  const index = parent?.kids.indexOf(target) ?? -1;
  if (kind === 'attribute' && attribute !== undefined) target.attrs[attribute] = text;
  if (kind === 'new attribute') target.attrs.novel = text;
  if (kind === 'no attribute' && attribute !== undefined) delete target.attrs[attribute];
  if (kind === 'text' && target.kids.every((kid) => typeof kid === 'string')) target.kids = text === '' ? [] : [text];
  if (kind === 'new child') target.kids.push({ name: 'novel', attrs: { at: text }, kids: [] });
  if (kind === 'twice') parent?.kids.splice(index, 0, structuredClone(target));
  if (kind === 'gone') parent?.kids.splice(index, 1);
  if (kind === 'swapped' && index > 0) parent?.kids.splice(index - 1, 2, target, parent.kids[index - 1] ?? '');
  return root;
}

function print({ name, attrs, kids }: Node): string {
  const written = Object.entries(attrs).map(([key, text]) => ` ${key}="${escaped(text)}"`);
  const inside = kids.map((kid) => (typeof kid === 'string' ? escaped(kid) : print(kid)));
  return `<${name}${written.join('')}>${inside.join('')}</${name}>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { inside, noNamespaces } from '../xml/namespaces.ts';
import type { XNode } from '../xml/node.ts';
import { encodeAttribute, encodeText } from '../xml/text.ts';
import type { Codec } from './codec.ts';
import type { AnyEl, Extra } from './el.ts';
import { checkRequired, checkRules, childSpot, choose, type Chosen, type Element, givenFields } from './element.ts';
import { type Name, printedName } from './name.ts';
import { type ChildField, isChildField, type PlannedField } from './plan.ts';
import { NAMESPACES, positionOf, SPELLING, type Value } from './source.ts';
import { rawKey, writeRaw } from './write-raw.ts';
import {
  append,
  type Attributes,
  checked,
  complain,
  declare,
  type Place,
  show,
  type Spot,
  type Writer,
} from './writer.ts';

/** Writes a value as the root of a document. @internal */
export function writeRoot(writer: Writer, document: XMLBuilder, el: AnyEl, value: unknown): void {
  const spot: Spot = { around: undefined, name: el.name, index: undefined };
  write(writer, { node: document, scope: noNamespaces, spot: undefined }, el, spot, value);
}

function write(writer: Writer, parent: Place, el: AnyEl, spot: Spot, value: unknown): void {
  if (!isRecord(value)) return complain(writer, spot, 'INVALID_VALUE', 'an object', show(value));
  const chosen = choose(writer, el, value, spot);
  if (!chosen) return;
  const element: Element = { plan: chosen.plan, value, spot, given: givenFields(writer, chosen, value, spot) };
  checkRequired(writer, element);
  const attrs = attributes(writer, element, chosen);
  const place = open(parent, spot, attrs, value, parent.spot ? noNames : childNames(element));
  const text = ownText(writer, element);
  if (text !== undefined && text !== '') place.node.txt(encodeText(text));
  const wrote = children(writer, element, place);
  if (wrote && text !== undefined && text !== '') writer.mixed = true;
  if (writer.thorough) checkRules(writer, element, chosen.rules);
}

const nothing: Value = {};
const noNames: readonly Name[] = [];
const noNodes: readonly XNode[] = [];

function attributes(writer: Writer, { value, spot, given }: Element, { discriminant, word }: Chosen): Attributes {
  const attrs: Attributes = new Map();
  if (discriminant !== undefined && word !== undefined) attrs.set(discriminant, word);
  for (const field of given) {
    if (field.kind !== 'attr') continue;
    attrs.set(
      field.name,
      encodeAttribute(encode(writer, spot, value, field, value[field.field], undefined, field.name)),
    );
  }
  const kept = value.$extra?.attrs;
  return kept ? withKept(writer, attrs, kept, spot) : attrs;
}

function withKept(writer: Writer, attrs: Attributes, kept: Readonly<Record<string, string>>, spot: Spot): Attributes {
  for (const name of Object.keys(kept)) {
    // A field set since then wins over what the document said.
    if (!attrs.has(name)) attrs.set(name, encodeAttribute(checked(writer, spot, kept[name] ?? '', name)));
  }
  return attrs;
}

/** Adds the element, with the namespace declarations that it and the `needed` names have to have. */
function open(parent: Place, spot: Spot, attrs: Attributes, value: Value, needed: readonly Name[]): Place {
  const { [NAMESPACES]: declared, $extra: kept } = value;
  const isPlain = typeof spot.name === 'string' && needed.length === 0 && !declared && !kept;
  if (isPlain && parent.scope === noNamespaces) {
    return { node: append(parent, printedName(spot.name), attrs), scope: noNamespaces, spot };
  }
  for (const prefix in declared) declare(attrs, prefix, declared[prefix] ?? '');
  declareNeeded(parent, attrs, [spot.name, ...needed]);
  return { node: append(parent, printedName(spot.name), attrs), scope: inside(parent.scope, attrs), spot };
}

function declareNeeded(parent: Place, attrs: Attributes, names: readonly Name[]): void {
  for (const name of names) {
    if (typeof name === 'string') continue;
    if (inside(parent.scope, attrs)[name.prefix] !== name.uri) declare(attrs, name.prefix, name.uri);
  }
  if (typeof names[0] === 'string' && inside(parent.scope, attrs)['']) attrs.set('xmlns', '');
}

/** Names in namespaces among the children that are there: libvirt declares these at the root. */
function childNames({ given }: Element): readonly Name[] {
  return given.flatMap((field) => ('name' in field && typeof field.name === 'object' ? [field.name] : []));
}

function ownText(writer: Writer, { plan, value, spot }: Element): string | undefined {
  const { text } = plan;
  const given = text && value[text.field];
  if (text && given !== undefined) return encode(writer, spot, value, text, given);
  const kept = value.$extra?.text;
  return kept === undefined ? undefined : checked(writer, spot, kept);
}

/** Writes the children of a value in the order of its fields; answers whether there were any. */
function children(writer: Writer, element: Element, place: Place): boolean {
  const { plan, value, given } = element;
  const kept = value.$extra?.kids ?? noNodes;
  let wrote = kept.length > 0;
  for (const field of wrote ? plan.fields : given) {
    if (field.kind === 'attr' || field.kind === 'text') continue;
    const items = itemsOf(writer, field, value[field.field], place.spot);
    wrote ||= items.length > 0;
    if (field.kind === 'foreign') for (const node of items) writeRaw(writer, place, node as XNode);
    else if (kept.length === 0) writeItems(writer, field, value, items, place);
    else writeAmongKept(writer, field, value, items, kept, place);
  }
  for (const node of kept) {
    if (!plan.children.has(rawKey(node, place.scope))) writeRaw(writer, place, node);
  }
  return wrote;
}

function itemsOf(writer: Writer, field: PlannedField, given: unknown, spot: Spot | undefined): readonly unknown[] {
  if (given === undefined) return noNodes;
  if (field.kind === 'kid' || field.kind === 'leaf' || field.kind === 'flag') return [given];
  if (Array.isArray(given)) return given;
  if (isChildField(field)) complain(writer, childSpot(spot, field), 'INVALID_VALUE', 'an array', show(given));
  return noNodes;
}

function writeItems(writer: Writer, field: ChildField, value: Value, items: readonly unknown[], place: Place): void {
  const many = isMany(field);
  for (let index = 0; index < items.length; index++) {
    writeItem(writer, field, value, items[index], many ? index : undefined, place);
  }
}

/** Writes the children of one name: the field's, and the kept ones at their old positions. */
function writeAmongKept(
  writer: Writer,
  field: ChildField,
  value: Value,
  items: readonly unknown[],
  kept: readonly XNode[],
  place: Place,
): void {
  const own = kept.filter((node) => rawKey(node, place.scope) === field.key);
  let written = 0;
  for (const [index, item] of items.entries()) {
    for (let next = own[written]; next && positionOf(next) <= index; next = own[++written]) {
      writeRaw(writer, place, next);
    }
    writeItem(writer, field, value, item, isMany(field) ? index : undefined, place);
  }
  for (const node of own.slice(written)) writeRaw(writer, place, node);
}

function writeItem(
  writer: Writer,
  field: ChildField,
  value: Value,
  item: unknown,
  index: number | undefined,
  place: Place,
): void {
  const spot = childSpot(place.spot, field, index);
  if (field.kind === 'kid' || field.kind === 'kids') return write(writer, place, field.el, spot, item);
  if (field.kind === 'flag') return writeFlag(writer, field, value, item, spot, place);
  const text = encode(writer, spot, value, field, item, index);
  writeLeaf(writer, spot, text, index === undefined ? value.$extra?.inLeaf?.[field.field] : undefined, place);
}

function writeFlag(writer: Writer, field: ChildField, value: Value, item: unknown, spot: Spot, place: Place): void {
  if (item === true) writeLeaf(writer, spot, '', value.$extra?.inLeaf?.[field.field], place);
  else if (item !== false) complain(writer, spot, 'INVALID_VALUE', 'true or false', show(item));
}

function writeLeaf(writer: Writer, spot: Spot, text: string, extra: Extra | undefined, place: Place): void {
  const attrs = withKept(writer, new Map(), extra?.attrs ?? {}, spot);
  const leaf = open(place, spot, attrs, extra ? { $extra: extra } : nothing, noNames);
  if (text !== '') leaf.node.txt(encodeText(text));
  for (const node of extra?.kids ?? noNodes) writeRaw(writer, leaf, node);
  if (text !== '' && extra?.kids) writer.mixed = true;
}

/** Text of a field: as the document spelled it while that still means the same, canonical otherwise. */
function encode(
  writer: Writer,
  spot: Spot,
  value: Value,
  { field, codec }: { readonly field: string; readonly codec: Codec<unknown> },
  given: unknown,
  item?: number,
  attribute?: string,
): string {
  const printed = codec.print(given);
  if (printed === undefined) {
    const code = codec.closed ? 'UNKNOWN_VALUE' : 'INVALID_VALUE';
    complain(writer, spot, code, codec.expected, show(given), attribute);
    return '';
  }
  const spelling = value[SPELLING]?.[field];
  const spelled = Array.isArray(spelling) ? spelling[item ?? 0] : spelling;
  if (spelled !== undefined) {
    const meaning = codec.parse(spelled);
    if (meaning !== undefined && codec.print(meaning) === printed) return spelled;
  }
  return checked(writer, spot, printed, attribute);
}

function isMany({ kind }: PlannedField): boolean {
  return kind === 'kids' || kind === 'leaves';
}

function isRecord(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { quoted } from '../errors.ts';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { inside } from '../xml/namespaces.ts';
import type { Namespaces, XNode } from '../xml/node.ts';
import { encodeAttribute, encodeText } from '../xml/text.ts';
import type { Codec } from './codec.ts';
import type { AnyEl, Extra } from './el.ts';
import { type Name, printedName } from './name.ts';
import { type ChildField, type Plan, planOf } from './plan.ts';
import { NAMESPACES, positionOf, SPELLING, type Value } from './source.ts';
import { rawKey, writeRaw } from './write-raw.ts';
import { append, checked, complain, declare, type Place, show, type Writer } from './writer.ts';

/** Writes a value as the root of a document. */
export function writeRoot(writer: Writer, document: XMLBuilder, el: AnyEl, value: unknown): void {
  const scope: Namespaces = Object.create(null);
  write(writer, { node: document, scope, path: '' }, el, el.name, value);
}

function write(writer: Writer, parent: Place, el: AnyEl, name: Name, value: unknown, index?: number): void {
  const path = `${parent.path}/${printedName(name)}${indexed(index)}`;
  const isRoot = parent.path === '';
  if (!isRecord(value)) return complain(writer, path, 'INVALID_VALUE', 'an object', show(value));
  const chosen = choose(writer, el, value, path);
  if (!chosen) return;
  const { plan, discriminant } = chosen;
  checkNames(writer, plan, value, path);
  const attrs = attributes(writer, plan, value, path, discriminant);
  const place = open(parent, path, name, attrs, value, isRoot ? plan : undefined);
  const text = ownText(writer, plan, value, path);
  if (text !== undefined && text !== '') place.node.txt(encodeText(text));
  const wrote = children(writer, plan, value, place);
  if (wrote && text !== undefined && text !== '') writer.mixed = true;
}

interface Chosen {
  readonly plan: Plan;
  readonly discriminant?: readonly [name: string, word: string];
}

function choose(writer: Writer, el: AnyEl, value: Value, path: string): Chosen | undefined {
  const planned = planOf(el);
  if (planned.kind === 'shape') return planned;
  const { discriminant, variants, otherwise } = planned;
  const word = value[discriminant];
  if (word === undefined && otherwise) return { plan: otherwise };
  const plan = typeof word === 'string' ? variants.get(word) : undefined;
  if (plan) return { plan, discriminant: [discriminant, String(word)] };
  const code = word === undefined ? 'MISSING' : 'UNKNOWN_VALUE';
  complain(writer, `${path}/@${discriminant}`, code, [...variants.keys()].join(', '), show(word));
  return undefined;
}

function checkNames(writer: Writer, plan: Plan, value: Value, path: string): void {
  for (const key in value) {
    if (key === '$extra' || plan.names.has(key) || value[key] === undefined) continue;
    const known = [...plan.names].join(', ') || 'none';
    complain(writer, path, 'UNKNOWN_NAME', `fields among ${known}`, `the field ${quoted(key)}`);
  }
}

function attributes(
  writer: Writer,
  plan: Plan,
  value: Value,
  path: string,
  discriminant: readonly [name: string, word: string] | undefined,
): Record<string, string> {
  const attrs: Record<string, string> = Object.create(null);
  if (discriminant) attrs[discriminant[0]] = discriminant[1];
  const kept = extraOf(value)?.attrs;
  for (const field of plan.attrs.values()) {
    const given = value[field.field];
    if (given !== undefined) {
      attrs[field.name] = encodeAttribute(
        encode(writer, `${path}/@${field.name}`, value, field.field, field.codec, given),
      );
    } else if (field.required && kept?.[field.name] === undefined) {
      complain(writer, `${path}/@${field.name}`, 'MISSING', field.codec.expected, 'none');
    }
  }
  return kept ? withKept(writer, attrs, kept, path) : attrs;
}

function withKept(writer: Writer, attrs: Record<string, string>, kept: Readonly<Record<string, string>>, path: string) {
  for (const name of Object.keys(kept)) {
    // A field set since then wins over what the document said.
    if (attrs[name] === undefined) attrs[name] = encodeAttribute(checked(writer, `${path}/@${name}`, kept[name] ?? ''));
  }
  return attrs;
}

/** Adds the element, with the namespace declarations that it needs. */
function open(
  parent: Place,
  path: string,
  name: Name,
  attrs: Record<string, string>,
  value: Value | undefined,
  root?: Plan,
): Place {
  const declared = value?.[NAMESPACES];
  for (const prefix in declared) declare(attrs, prefix, declared[prefix] ?? '');
  const needed = [name, ...(root ? childNames(root, value ?? {}) : [])];
  for (const one of needed) {
    if (typeof one === 'string') continue;
    if (inside(parent.scope, attrs)[one.prefix] !== one.uri) declare(attrs, one.prefix, one.uri);
  }
  if (typeof name === 'string' && inside(parent.scope, attrs)['']) attrs.xmlns = '';
  return { node: append(parent, printedName(name), attrs), scope: inside(parent.scope, attrs), path };
}

/** Names of the children that are there: libvirt declares their namespaces at the root. */
function childNames(plan: Plan, value: Value): readonly Name[] {
  return [...plan.children.values()].filter(({ field }) => value[field] !== undefined).map(({ name }) => name);
}

function ownText(writer: Writer, plan: Plan, value: Value, path: string): string | undefined {
  const { text } = plan;
  const kept = extraOf(value)?.text;
  const given = text && value[text.field];
  if (text && given !== undefined) return encode(writer, path, value, text.field, text.codec, given);
  if (text?.required && kept === undefined) complain(writer, path, 'MISSING', text.codec.expected, 'none');
  return kept === undefined ? undefined : checked(writer, path, kept);
}

/** Writes the children of a value in the order of its fields; answers whether there were any. */
function children(writer: Writer, plan: Plan, value: Value, place: Place): boolean {
  const kept = extraOf(value)?.kids ?? [];
  let wrote = false;
  for (const field of plan.fields) {
    const given = value[field.field];
    if (field.kind === 'attr' || field.kind === 'text') continue;
    if (field.kind === 'foreign') {
      for (const node of listOf(given)) writeRaw(writer, place, node as XNode);
      wrote ||= listOf(given).length > 0;
    } else {
      const own = kept.length === 0 ? kept : kept.filter((node) => rawKey(node, place.scope) === field.key);
      wrote = writeField(writer, field, value, given, own, place) || wrote;
    }
  }
  for (const node of kept) {
    if (!plan.children.has(rawKey(node, place.scope))) writeRaw(writer, place, node);
  }
  return wrote || kept.length > 0;
}

/** Writes the children of one name: the field's, and the kept ones at their old positions. */
function writeField(
  writer: Writer,
  field: ChildField,
  value: Value,
  given: unknown,
  kept: readonly XNode[],
  place: Place,
): boolean {
  const many = field.kind === 'kids' || field.kind === 'leaves';
  const items = given === undefined ? [] : many ? listOf(given) : [given];
  if (many && given !== undefined && !Array.isArray(given)) {
    complain(writer, `${place.path}/${printedName(field.name)}`, 'INVALID_VALUE', 'an array', show(given));
  }
  if (field.required && items.length === 0 && kept.length === 0) {
    complain(writer, `${place.path}/${printedName(field.name)}`, 'MISSING', `the field ${field.field}`, 'none');
  }
  let written = 0;
  for (const [index, item] of items.entries()) {
    for (let next = kept[written]; next && positionOf(next) <= index; next = kept[++written]) {
      writeRaw(writer, place, next);
    }
    writeItem(writer, field, value, item, many ? index : undefined, place);
  }
  for (const node of kept.slice(written)) writeRaw(writer, place, node);
  return items.length > 0 || kept.length > 0;
}

function writeItem(
  writer: Writer,
  field: ChildField,
  value: Value,
  item: unknown,
  index: number | undefined,
  place: Place,
) {
  if ('el' in field) return write(writer, place, field.el, field.name, item, index);
  const path = `${place.path}/${printedName(field.name)}${indexed(index)}`;
  if (field.kind === 'flag' && item === false) return;
  if (field.kind === 'flag' && item !== true)
    return complain(writer, path, 'INVALID_VALUE', 'true or false', show(item));
  const text = field.kind === 'flag' ? '' : encode(writer, path, value, field.field, field.codec, item, index);
  const extra = index === undefined ? extraOf(value)?.inLeaf?.[field.field] : undefined;
  const attrs = withKept(writer, Object.create(null), extra?.attrs ?? {}, path);
  const leaf = open(place, path, field.name, attrs, undefined);
  if (text !== '') leaf.node.txt(encodeText(text));
  for (const node of extra?.kids ?? []) writeRaw(writer, leaf, node);
  if (text !== '' && extra?.kids) writer.mixed = true;
}

/** Text of a field: as the document spelled it while that still means the same, canonical otherwise. */
function encode(
  writer: Writer,
  path: string,
  value: Value,
  field: string,
  codec: Codec<unknown>,
  given: unknown,
  item?: number,
): string {
  const printed = codec.print(given);
  if (printed === undefined) {
    const code = codec.closed ? 'UNKNOWN_VALUE' : 'INVALID_VALUE';
    complain(writer, path, code, codec.expected, show(given));
    return '';
  }
  const spelling = value[SPELLING]?.[field];
  const spelled = Array.isArray(spelling) ? spelling[item ?? 0] : spelling;
  if (spelled !== undefined) {
    const meaning = codec.parse(spelled);
    if (meaning !== undefined && codec.print(meaning) === printed) return spelled;
  }
  return checked(writer, path, printed);
}

function extraOf(value: Value): Extra | undefined {
  return value.$extra as Extra | undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function indexed(index: number | undefined): string {
  return index === undefined ? '' : `[${index + 1}]`;
}

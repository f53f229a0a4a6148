import { GuestConfigError, type GuestConfigErrorCode, type GuestConfigIssue, quoted } from '../errors.ts';
import { type Locatable, locate } from '../xml/locate.ts';
import { declaredPrefix, isBlank, textOf, toXNode, type XmlElement, type XNode } from '../xml/node.ts';
import type { Codec } from './codec.ts';
import type { AnyEl, Extra } from './el.ts';
import { keyOf, printedName } from './name.ts';
import { type ChildField, childName, type Plan, type PlannedField, planOf } from './plan.ts';
import { NAMESPACES, remember, SPELLING, type Value } from './source.ts';

/** What a reader does about an issue; `unknown` ones lose nothing, since what they are about is kept. */
export interface Reader {
  readonly document: Locatable;
  /** Whether issues of this severity are wanted: finding their place costs a walk through the document. */
  wants(severity: Severity): boolean;
  report(issue: GuestConfigIssue): void;
}

type Severity = 'unknown' | 'wrong';

/** A reader that throws: at everything that is wrong, and when strict at everything unknown. */
export function throwingReader(document: Locatable, strict: boolean): Reader {
  return {
    document,
    wants: (severity) => strict || severity === 'wrong',
    report(issue) {
      throw new GuestConfigError(issue);
    },
  };
}

/** Reads the root of a document. Undefined only where the reader's `report` did not throw. */
export function readRoot(reader: Reader, el: AnyEl): Value | undefined {
  const { root } = reader.document;
  if (root.key !== keyOf(el.name)) {
    issue(reader, 'wrong', 'WRONG_ELEMENT', root, `the element <${printedName(el.name)}>`, `<${root.name}>`);
    return undefined;
  }
  return readElement(reader, el, root, 'wrong');
}

function readElement(reader: Reader, el: AnyEl, node: XmlElement, severity: Severity): Value | undefined {
  const chosen = choose(reader, el, node, severity);
  return chosen && read(reader, chosen, node);
}

/**
 * Reads an element that its parent can do without. When something inside must be a word of a list and is another one,
 * as newer versions of libvirt may print it, the element is kept whole: better than to refuse the document.
 */
function readOptional(reader: Reader, el: AnyEl, node: XmlElement): Value | undefined {
  try {
    return readElement(reader, el, node, 'unknown');
  } catch (error) {
    const isKept = error instanceof GuestConfigError && error.code === 'UNKNOWN_VALUE' && !reader.wants('unknown');
    if (isKept) return undefined;
    throw error;
  }
}

/** The fields that apply; undefined when the discriminant has an unknown value. */
function choose(reader: Reader, el: AnyEl, node: XmlElement, severity: Severity): Chosen | undefined {
  const planned = planOf(el);
  if (planned.kind === 'shape') return planned;
  const { discriminant, variants, otherwise } = planned;
  const word = node.attrs[discriminant];
  if (word !== undefined) {
    const plan = variants.get(word);
    if (plan) return { plan, discriminant, word };
    issue(reader, severity, 'UNKNOWN_VALUE', node, listed(variants), quoted(word), discriminant);
    return undefined;
  }
  if (otherwise) return { plan: otherwise };
  issue(reader, 'wrong', 'MISSING', node, `the attribute ${discriminant} (${listed(variants)})`, 'none');
  return undefined;
}

interface Chosen {
  readonly plan: Plan;
  readonly discriminant?: string;
  readonly word?: string;
}

function read(reader: Reader, { plan, discriminant, word }: Chosen, node: XmlElement): Value {
  const value: Value = {};
  const extra: MutableExtra = {};
  if (discriminant !== undefined) value[discriminant] = word;
  readAttributes(reader, plan, node, value, extra, discriminant);
  readChildren(reader, plan, node, value, extra);
  readText(reader, plan, node, value, extra);
  for (const field of plan.required) {
    if (value[field.field] === undefined && !isReported(field, node)) missing(reader, field, node);
  }
  if (!isEmpty(extra)) value.$extra = extra;
  return value;
}

function readAttributes(
  reader: Reader,
  plan: Plan,
  node: XmlElement,
  value: Value,
  extra: MutableExtra,
  discriminant: string | undefined,
): void {
  for (const name in node.attrs) {
    if (name === discriminant) continue;
    const text = node.attrs[name] ?? '';
    const prefix = node.around && declaredPrefix(name);
    if (prefix !== undefined) {
      value[NAMESPACES] = { ...value[NAMESPACES], [prefix]: text };
      continue;
    }
    const field = plan.attrs.get(name);
    const parsed = field && decode(value, field.field, field.codec, text);
    if (parsed !== undefined && field) value[field.field] = parsed;
    else {
      if (field) invalid(reader, field.required, node, field.codec, text, name);
      else issue(reader, 'unknown', 'UNKNOWN_NAME', node, 'no such attribute', quoted(text), name);
      extra.attrs ??= record();
      extra.attrs[name] = text;
    }
  }
}

function readText(reader: Reader, plan: Plan, node: XmlElement, value: Value, extra: MutableExtra): void {
  const text = textOf(node);
  const field = plan.text;
  const parsed = field && (text !== '' || field.required) ? decode(value, field.field, field.codec, text) : undefined;
  // White space beside elements is layout.
  if (isBlank(text) && (parsed === undefined || node.kids.length > 1)) return;
  if (field && parsed !== undefined) value[field.field] = parsed;
  else {
    if (field) invalid(reader, field.required, node, field.codec, text);
    else issue(reader, 'unknown', 'UNKNOWN_NAME', node, 'no text', quoted(text));
    extra.text = text;
  }
}

function readChildren(reader: Reader, plan: Plan, node: XmlElement, value: Value, extra: MutableExtra): void {
  const counts = new Map<string, number>();
  for (const kid of node.kids) {
    if (typeof kid === 'string') continue;
    const field = plan.children.get(kid.key);
    const index = counts.get(kid.key) ?? 0;
    if (field && readChild(reader, field, kid, value, extra)) counts.set(kid.key, index + 1);
    else if (!field && plan.foreign) {
      const { field: name } = plan.foreign;
      ((value[name] ??= []) as XNode[]).push(toXNode(kid));
    } else {
      if (!field) issue(reader, 'unknown', 'UNKNOWN_NAME', kid, 'no such element', `<${kid.name}>`);
      (extra.kids ??= []).push(remember(toXNode(kid), index));
    }
  }
}

/** Reads a child into its field; false when it has to be kept as it is. */
function readChild(reader: Reader, field: ChildField, kid: XmlElement, value: Value, extra: MutableExtra): boolean {
  const many = field.kind === 'kids' || field.kind === 'leaves';
  if (!many && value[field.field] !== undefined) {
    issue(reader, 'unknown', 'REPEATED', kid, `one <${kid.name}>`, 'another one');
    return false;
  }
  const found = readChildValue(reader, field, kid, value, extra);
  if (found === undefined) return false;
  if (!many) value[field.field] = found;
  else if (value[field.field]) (value[field.field] as unknown[]).push(found);
  else value[field.field] = [found];
  return true;
}

function readChildValue(
  reader: Reader,
  field: ChildField,
  kid: XmlElement,
  value: Value,
  extra: MutableExtra,
): unknown {
  if ('el' in field)
    return field.required ? readElement(reader, field.el, kid, 'wrong') : readOptional(reader, field.el, kid);
  const text = textOf(kid);
  const list = field.kind === 'leaves' ? ((value[field.field] as unknown[] | undefined)?.length ?? 0) : undefined;
  const parsed =
    field.kind === 'flag' ? isBlank(text) || undefined : decode(value, field.field, field.codec, text, list);
  if (parsed === undefined) {
    if (field.kind === 'flag') issue(reader, 'unknown', 'UNKNOWN_NAME', kid, 'no text', quoted(text));
    else invalid(reader, field.required, kid, field.codec, text);
    return undefined;
  }
  const rest = leafExtra(reader, kid);
  if (!rest) return parsed;
  // An item of a list cannot say where its attributes belong: it is kept whole.
  if (field.kind === 'leaves') return undefined;
  extra.inLeaf ??= record();
  extra.inLeaf[field.field] = rest;
  return parsed;
}

/** What a text-only element holds besides text. */
function leafExtra(reader: Reader, leaf: XmlElement): Extra | undefined {
  const extra: MutableExtra = {};
  for (const name in leaf.attrs) {
    if (leaf.around && declaredPrefix(name) !== undefined) continue;
    const text = leaf.attrs[name] ?? '';
    issue(reader, 'unknown', 'UNKNOWN_NAME', leaf, 'no such attribute', quoted(text), name);
    extra.attrs ??= record();
    extra.attrs[name] = text;
  }
  for (const kid of leaf.kids) {
    if (typeof kid === 'string') continue;
    issue(reader, 'unknown', 'UNKNOWN_NAME', kid, 'no such element', `<${kid.name}>`);
    (extra.kids ??= []).push(toXNode(kid));
  }
  return isEmpty(extra) ? undefined : extra;
}

/** Parses text, and keeps its spelling where the canonical one differs. */
function decode(value: Value, field: string, codec: Codec<unknown>, text: string, item?: number): unknown {
  const parsed = codec.parse(text);
  if (parsed === undefined || parsed === text || codec.print(parsed) === text) return parsed;
  const spelling = (value[SPELLING] ??= record());
  if (item === undefined) spelling[field] = text;
  else {
    const items = spelling[field];
    const list = Array.isArray(items) ? items : [];
    list[item] = text;
    spelling[field] = list;
  }
  return parsed;
}

/** Whether something else was already said about the absence of a field. */
function isReported(field: PlannedField, node: XmlElement): boolean {
  if (field.kind === 'attr') return node.attrs[field.key] !== undefined;
  if (field.kind === 'text') return !isBlank(textOf(node));
  return node.kids.some((kid) => typeof kid !== 'string' && kid.key === field.key);
}

function missing(reader: Reader, field: PlannedField, node: XmlElement): void {
  const what =
    field.kind === 'attr'
      ? `the attribute ${field.name} (${field.codec.expected})`
      : field.kind === 'text' || field.kind === 'foreign'
        ? 'text'
        : `the element <${childName(field)}>`;
  issue(reader, 'wrong', 'MISSING', node, what, 'none');
}

function invalid(
  reader: Reader,
  required: boolean,
  node: XmlElement,
  codec: Codec<unknown>,
  text: string,
  attribute?: string,
) {
  const code = codec.closed ? 'UNKNOWN_VALUE' : 'INVALID_VALUE';
  issue(reader, required ? 'wrong' : 'unknown', code, node, codec.expected, quoted(text), attribute);
}

function issue(
  reader: Reader,
  severity: Severity,
  code: GuestConfigErrorCode,
  node: XmlElement,
  expected: string,
  found: string,
  attribute?: string,
): void {
  if (reader.wants(severity)) reader.report({ code, ...locate(reader.document, node, attribute), expected, found });
}

function listed(variants: ReadonlyMap<string, Plan>): string {
  return [...variants.keys()].join(', ');
}

function isEmpty(extra: MutableExtra): boolean {
  return !extra.attrs && !extra.kids && extra.text === undefined && !extra.inLeaf;
}

function record<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

interface MutableExtra {
  attrs?: Record<string, string>;
  kids?: XNode[];
  text?: string;
  inLeaf?: Record<string, Extra>;
}

import { GuestConfigError, type GuestConfigErrorCode, type GuestConfigIssue, quoted } from '../errors.ts';
import { type Locatable, locate } from '../xml/locate.ts';
import { declaredPrefix, hasOnlyLayout, isBlank, textOf, toXNode, type XmlElement, type XNode } from '../xml/node.ts';
import type { Codec } from './codec.ts';
import type { AnyEl, Extra, Rule } from './el.ts';
import { keyOf, printedName } from './name.ts';
import { type ChildField, childName, type Plan, type PlannedField, planOf } from './plan.ts';
import { NAMESPACES, remember, SPELLING, type Value } from './source.ts';

/** What a reader does about an issue; `unknown` ones lose nothing, since what they are about is kept. @internal */
export interface Reader {
  readonly document: Locatable;
  /** Whether issues of this severity are wanted: finding their place costs a walk through the document. */
  wants(severity: Severity): boolean;
  report(issue: GuestConfigIssue): void;
}

type Severity = 'unknown' | 'wrong';

/** A reader that throws: at everything that is wrong, and when strict at everything unknown. @internal */
export function throwingReader(document: Locatable, strict: boolean): Reader {
  return {
    document,
    wants: (severity) => strict || severity === 'wrong',
    report(issue) {
      throw new GuestConfigError(issue);
    },
  };
}

/** Reads the root of a document. Undefined only where the reader's `report` did not throw. @internal */
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
  if (!chosen) return undefined;
  const value = read(reader, chosen, node);
  if (chosen.rules.length > 0 && reader.wants('unknown')) checkRules(reader, chosen, node, value);
  return value;
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
  const { discriminant, variants, otherwise, rules } = planned;
  const word = node.attrs.get(discriminant);
  if (word !== undefined) {
    const plan = variants.get(word);
    if (plan) return { plan, discriminant, word, rules };
    issue(reader, severity, 'UNKNOWN_VALUE', node, listed(variants), quoted(word), discriminant);
    return undefined;
  }
  if (otherwise) return { plan: otherwise, rules };
  issue(reader, 'wrong', 'MISSING', node, `the attribute ${discriminant} (${listed(variants)})`, 'none');
  return undefined;
}

interface Chosen {
  readonly plan: Plan;
  readonly rules: readonly Rule[];
  readonly discriminant?: string;
  readonly word?: string;
}

function read(reader: Reader, { plan, discriminant, word }: Chosen, node: XmlElement): Value {
  const value: Value = {};
  if (discriminant !== undefined) value[discriminant] = word;
  readAttributes(reader, plan, node, value, discriminant);
  readChildren(reader, plan, node, value);
  readText(reader, plan, node, value);
  for (const field of plan.required) {
    if (value[field.field] === undefined && !isReported(field, node)) missing(reader, field, node);
  }
  return value;
}

function readAttributes(
  reader: Reader,
  plan: Plan,
  node: XmlElement,
  value: Value,
  discriminant: string | undefined,
): void {
  for (const [name, text] of node.attrs) {
    if (name === discriminant) continue;
    const field = plan.attrs.get(name);
    const parsed = field && decode(value, field.field, field.codec, text);
    if (field && parsed !== undefined) value[field.field] = parsed;
    else if (node.around && declaredPrefix(name) !== undefined) {
      value[NAMESPACES] = { ...value[NAMESPACES], [declaredPrefix(name) ?? '']: text };
    } else {
      if (field) invalid(reader, field.required, node, field.codec, text, name);
      else issue(reader, 'unknown', 'UNKNOWN_NAME', node, 'no such attribute', quoted(text), name);
      (extraOf(value).attrs ??= record())[name] = text;
    }
  }
}

function readText(reader: Reader, plan: Plan, node: XmlElement, value: Value): void {
  const field = plan.text;
  if (!field && hasOnlyLayout(node)) return;
  const text = textOf(node);
  const parsed = field && (text !== '' || field.required) ? decode(value, field.field, field.codec, text) : undefined;
  // White space beside elements is layout.
  if (isBlank(text) && (parsed === undefined || node.kids.length > 1)) return;
  if (field && parsed !== undefined) value[field.field] = parsed;
  else {
    if (field) invalid(reader, field.required, node, field.codec, text);
    else issue(reader, 'unknown', 'UNKNOWN_NAME', node, 'no text', quoted(text));
    extraOf(value).text = text;
  }
}

function readChildren(reader: Reader, plan: Plan, node: XmlElement, value: Value): void {
  for (const kid of node.kids) {
    if (typeof kid === 'string') continue;
    const field = plan.children.get(kid.key);
    if (field) {
      if (!readChild(reader, field, kid, value)) keep(value, kid, countOf(value[field.field]));
    } else if (plan.foreign) ((value[plan.foreign.field] ??= []) as XNode[]).push(toXNode(kid));
    else {
      issue(reader, 'unknown', 'UNKNOWN_NAME', kid, 'no such element', `<${kid.name}>`);
      keep(value, kid, 0);
    }
  }
}

/** Keeps a child as it is, behind so many of its name that were read. */
function keep(value: Value, kid: XmlElement, index: number): void {
  (extraOf(value).kids ??= []).push(remember(toXNode(kid), index));
}

/** How many children a field holds already. */
function countOf(given: unknown): number {
  if (given === undefined) return 0;
  return Array.isArray(given) ? given.length : 1;
}

/** Reads a child into its field; false when it has to be kept as it is. */
function readChild(reader: Reader, field: ChildField, kid: XmlElement, value: Value): boolean {
  const given = value[field.field];
  const many = field.kind === 'kids' || field.kind === 'leaves';
  if (!many && given !== undefined) {
    issue(reader, 'unknown', 'REPEATED', kid, `one <${kid.name}>`, 'another one');
    return false;
  }
  const found = readChildValue(reader, field, kid, value);
  if (found === undefined) return false;
  if (!many) value[field.field] = found;
  else if (given) (given as unknown[]).push(found);
  else value[field.field] = [found];
  return true;
}

function readChildValue(reader: Reader, field: ChildField, kid: XmlElement, value: Value): unknown {
  if (field.kind === 'kid' || field.kind === 'kids')
    return field.required ? readElement(reader, field.el, kid, 'wrong') : readOptional(reader, field.el, kid);
  const text = textOf(kid);
  const item = field.kind === 'leaves' ? countOf(value[field.field]) : undefined;
  const parsed =
    field.kind === 'flag' ? isBlank(text) || undefined : decode(value, field.field, field.codec, text, item);
  if (parsed === undefined) {
    if (field.kind === 'flag') issue(reader, 'unknown', 'UNKNOWN_NAME', kid, 'no text', quoted(text));
    else invalid(reader, field.required, kid, field.codec, text);
    return undefined;
  }
  const rest = leafExtra(reader, kid);
  if (!rest) return parsed;
  // An item of a list cannot say where its attributes belong: it is kept whole.
  if (field.kind === 'leaves') return undefined;
  (extraOf(value).inLeaf ??= record())[field.field] = rest;
  return parsed;
}

/** What a text-only element holds besides text. */
function leafExtra(reader: Reader, leaf: XmlElement): Extra | undefined {
  const inside: Value = {};
  for (const [name, text] of leaf.attrs) {
    if (leaf.around && declaredPrefix(name) !== undefined) continue;
    issue(reader, 'unknown', 'UNKNOWN_NAME', leaf, 'no such attribute', quoted(text), name);
    (extraOf(inside).attrs ??= record())[name] = text;
  }
  for (const kid of leaf.kids) {
    if (typeof kid === 'string') continue;
    issue(reader, 'unknown', 'UNKNOWN_NAME', kid, 'no such element', `<${kid.name}>`);
    (extraOf(inside).kids ??= []).push(toXNode(kid));
  }
  return inside.$extra;
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

function checkRules(reader: Reader, { plan, rules }: Chosen, node: XmlElement, value: Value): void {
  for (const rule of rules) {
    if (rule.holds(value)) continue;
    const { field, expected } = rule;
    const attribute = plan.attrs.get(plan.byField.get(field)?.key ?? '')?.name;
    const found = attribute === undefined ? undefined : node.attrs.get(attribute);
    if (found === undefined) issue(reader, 'unknown', 'MISSING', node, expected, 'none');
    else issue(reader, 'unknown', 'INVALID_VALUE', node, expected, quoted(found), attribute);
  }
}

/** Whether something else was already said about the absence of a field. */
function isReported(field: PlannedField, node: XmlElement): boolean {
  if (field.kind === 'attr') return node.attrs.has(field.key);
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

/** What is kept of a value's element, made at its first use: nobody else has it yet, so it may change. */
function extraOf(value: Value): MutableExtra {
  return (value.$extra ??= {}) as MutableExtra;
}

interface MutableExtra extends Extra {
  attrs?: Record<string, string>;
  kids?: XNode[];
  text?: string;
  inLeaf?: Record<string, Extra>;
}

function record<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

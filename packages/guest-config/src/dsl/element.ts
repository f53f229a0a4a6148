import { quoted } from '../errors.ts';
import { noNamespaces } from '../xml/namespaces.ts';
import type { AnyEl, Rule } from './el.ts';
import { type ChildField, type Plan, type PlannedField, planOf } from './plan.ts';
import type { Value } from './source.ts';
import { rawKey } from './write-raw.ts';
import { complain, show, type Spot, type Writer } from './writer.ts';

/** The fields that apply to a value. @internal */
export interface Chosen {
  readonly plan: Plan;
  readonly rules: readonly Rule[];
  readonly discriminant?: string;
  readonly word?: string;
}

/** A value while it is written. @internal */
export interface Element {
  readonly plan: Plan;
  readonly value: Value;
  readonly spot: Spot;
  /** The fields that are set, in the order of the declaration. */
  readonly given: readonly PlannedField[];
}

/** The fields that apply; undefined, and reported, when none do. @internal */
export function choose(writer: Writer, el: AnyEl, value: Value, spot: Spot): Chosen | undefined {
  const planned = planOf(el);
  if (planned.kind === 'shape') return planned;
  const { discriminant, variants, otherwise, rules } = planned;
  const word = value[discriminant];
  if (word === undefined && otherwise) return { plan: otherwise, rules, discriminant };
  const plan = typeof word === 'string' ? variants.get(word) : undefined;
  if (plan) return { plan, rules, discriminant, word: String(word) };
  const code = word === undefined ? 'MISSING' : 'UNKNOWN_VALUE';
  complain(writer, spot, code, [...variants.keys()].join(', '), show(word), discriminant);
  return undefined;
}

/** The fields that are set, in the order of the declaration; reports those that no declaration knows. @internal */
export function givenFields(
  writer: Writer,
  { plan, discriminant }: Chosen,
  value: Value,
  spot: Spot,
): readonly PlannedField[] {
  const given: PlannedField[] = [];
  let isSorted = true;
  for (const key in value) {
    if (key === discriminant || key === '$extra' || value[key] === undefined) continue;
    const field = plan.byField.get(key);
    if (field) {
      isSorted &&= given.length === 0 || (given[given.length - 1]?.ordinal ?? 0) < field.ordinal;
      given.push(field);
    } else {
      const known =
        [...plan.byField.keys(), ...(discriminant === undefined ? [] : [discriminant])].join(', ') || 'none';
      complain(writer, spot, 'UNKNOWN_NAME', `fields among ${known}`, `the field ${quoted(key)}`);
    }
  }
  // Values that were read mostly have libvirt's order.
  return isSorted ? given : given.sort((a, b) => a.ordinal - b.ordinal);
}

/** Reports required fields that are absent, unless something was kept in their place. @internal */
export function checkRequired(writer: Writer, { plan, value, spot }: Element): void {
  for (const field of plan.required) {
    if (value[field.field] !== undefined) continue;
    const kept = value.$extra;
    if (field.kind === 'attr') {
      if (kept?.attrs?.[field.name] === undefined) {
        complain(writer, spot, 'MISSING', field.codec.expected, 'none', field.name);
      }
    } else if (field.kind === 'text') {
      if (kept?.text === undefined) complain(writer, spot, 'MISSING', field.codec.expected, 'none');
    } else if (field.kind !== 'foreign' && !kept?.kids?.some((node) => rawKey(node, noNamespaces) === field.key)) {
      complain(writer, childSpot(spot, field), 'MISSING', `the field ${field.field}`, 'none');
    }
  }
}

/** Reports the rules of an element that its value breaks. @internal */
export function checkRules(writer: Writer, { plan, value, spot }: Element, rules: readonly Rule[]): void {
  for (const rule of rules) {
    if (rule.holds(value)) continue;
    const { field, expected } = rule;
    const given = value[field];
    if (given === undefined) complain(writer, spot, 'MISSING', expected, 'none');
    else {
      const attribute = plan.attrs.get(plan.byField.get(field)?.key ?? '')?.name;
      complain(writer, spot, 'INVALID_VALUE', expected, show(given), attribute);
    }
  }
}

/** Where a child of an element stands. @internal */
export function childSpot(around: Spot | undefined, { name }: ChildField, index?: number): Spot {
  return { around, name, index };
}

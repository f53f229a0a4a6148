import type { Codec } from './codec.ts';
import type { AnyEl } from './el.ts';
import type { FieldSpec, Shape } from './field.ts';
import { keyOf, type Name, printedName } from './name.ts';

/** A field, prepared for reading and writing. */
export type PlannedField = { readonly field: string; readonly required: boolean; readonly key: string } & (
  | Exclude<FieldSpec, { readonly kind: 'slot' | 'kid' | 'kids' | 'leaf' | 'leaves' | 'flag' }>
  | { readonly kind: 'leaf' | 'leaves'; readonly name: Name; readonly codec: Codec<unknown> }
  | { readonly kind: 'flag'; readonly name: Name }
  | { readonly kind: 'kid' | 'kids'; readonly name: Name; readonly el: AnyEl }
);
type OfKind<K extends PlannedField['kind']> = Extract<PlannedField, { readonly kind: K }>;
/** A field that stands for child elements of one name. */
export type ChildField = OfKind<'kid' | 'kids' | 'leaf' | 'leaves' | 'flag'>;

/** The fields of an element or of one variant, by how they are met. */
export interface Plan {
  readonly fields: readonly PlannedField[];
  readonly names: ReadonlySet<string>;
  readonly attrs: ReadonlyMap<string, OfKind<'attr'>>;
  readonly children: ReadonlyMap<string, ChildField>;
  readonly text: OfKind<'text'> | undefined;
  readonly foreign: OfKind<'foreign'> | undefined;
  readonly required: readonly PlannedField[];
}

/** The plan of an element; of a union, by the value of its discriminant. */
export type ElementPlan =
  | { readonly kind: 'shape'; readonly plan: Plan }
  | {
      readonly kind: 'union';
      readonly discriminant: string;
      readonly otherwise: Plan | undefined;
      readonly variants: ReadonlyMap<string, Plan>;
    };

const plans = new WeakMap<AnyEl, ElementPlan>();

/** Prepares an element once, at its first use. */
export function planOf(el: AnyEl): ElementPlan {
  const known = plans.get(el);
  if (known) return known;
  const made = prepare(el);
  plans.set(el, made);
  return made;
}

/** How a child is named in paths. */
export function childName(field: ChildField): string {
  return printedName(field.name);
}

function prepare({ spec }: AnyEl): ElementPlan {
  if (spec.kind === 'shape') return { kind: 'shape', plan: planShape(spec.shape()) };
  const variants = new Map(spec.variants.map((name) => [name, planShape(spec.shape(name), spec.discriminant)]));
  const otherwise = spec.otherwise === undefined ? undefined : variants.get(spec.otherwise);
  return { kind: 'union', discriminant: spec.discriminant, otherwise, variants };
}

function planShape(shape: Shape, discriminant?: string): Plan {
  const fields = Object.entries(shape).flatMap(([field, { spec, required }]) => {
    const planned = plannedField(field, spec, required);
    return planned ? [planned] : [];
  });
  const attrs = fields.filter((field) => field.kind === 'attr');
  const children = fields.filter(isChildField);
  return {
    fields,
    names: new Set([...fields.map(({ field }) => field), ...(discriminant ? [discriminant] : [])]),
    attrs: new Map(attrs.map((field) => [field.key, field])),
    children: new Map(children.map((field) => [field.key, field])),
    text: fields.find((field) => field.kind === 'text'),
    foreign: fields.find((field) => field.kind === 'foreign'),
    required: fields.filter(({ required }) => required),
  };
}

function plannedField(field: string, spec: FieldSpec, required: boolean): PlannedField | undefined {
  if (spec.kind === 'slot') return undefined;
  if (spec.kind === 'attr') return { ...spec, field, required, key: spec.name };
  if (spec.kind === 'text' || spec.kind === 'foreign') return { ...spec, field, required, key: '' };
  if (!('el' in spec)) return { ...spec, field, required, key: keyOf(spec.name) };
  const el = spec.el();
  const name = spec.name ?? el.name;
  return { kind: spec.kind, name, el, field, required, key: keyOf(name) };
}

function isChildField(field: PlannedField): field is ChildField {
  return field.kind !== 'attr' && field.kind !== 'text' && field.kind !== 'foreign';
}

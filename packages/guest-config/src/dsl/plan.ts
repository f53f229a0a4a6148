import type { Codec } from './codec.ts';
import type { AnyEl, Rule } from './el.ts';
import type { FieldSpec, Shape } from './field.ts';
import { keyOf, type Name, printedName } from './name.ts';

/** A field, prepared for reading and writing. @internal */
export type PlannedField =
  | Planned<'attr', { readonly name: string; readonly codec: Codec<unknown> }>
  | Planned<'text', { readonly codec: Codec<unknown> }>
  | Planned<'foreign', unknown>
  | Planned<'leaf', { readonly name: Name; readonly codec: Codec<unknown> }>
  | Planned<'leaves', { readonly name: Name; readonly codec: Codec<unknown> }>
  | Planned<'flag', { readonly name: Name }>
  | Planned<'kid', { readonly name: Name; readonly el: AnyEl }>
  | Planned<'kids', { readonly name: Name; readonly el: AnyEl }>;
type Planned<Kind, Own> = Own & {
  readonly kind: Kind;
  readonly field: string;
  readonly required: boolean;
  /** What a reader compares: the name of an attribute, or `keyOf` a child. */
  readonly key: string;
  /** Its place among the fields of the element. */
  readonly ordinal: number;
};
type OfKind<K extends PlannedField['kind']> = Extract<PlannedField, { readonly kind: K }>;
/** A field that stands for child elements of one name. @internal */
export type ChildField = Exclude<PlannedField, { readonly kind: 'attr' | 'text' | 'foreign' }>;

/** The fields of an element or of one variant, by how they are met. @internal */
export interface Plan {
  readonly fields: readonly PlannedField[];
  readonly byField: ReadonlyMap<string, PlannedField>;
  readonly attrs: ReadonlyMap<string, OfKind<'attr'>>;
  readonly children: ReadonlyMap<string, ChildField>;
  readonly text: OfKind<'text'> | undefined;
  readonly foreign: OfKind<'foreign'> | undefined;
  readonly required: readonly PlannedField[];
}

/** The plan of an element; of a union, by the value of its discriminant. @internal */
export type ElementPlan =
  | { readonly kind: 'shape'; readonly plan: Plan; readonly rules: readonly Rule[] }
  | {
      readonly kind: 'union';
      readonly discriminant: string;
      readonly otherwise: Plan | undefined;
      readonly variants: ReadonlyMap<string, Plan>;
      readonly rules: readonly Rule[];
    };

const plans = new WeakMap<AnyEl, ElementPlan>();

/** Prepares an element once, at its first use. @internal */
export function planOf(el: AnyEl): ElementPlan {
  const known = plans.get(el);
  if (known) return known;
  const made = prepare(el);
  plans.set(el, made);
  return made;
}

/** How a child is named in paths. @internal */
export function childName(field: ChildField): string {
  return printedName(field.name);
}

function prepare({ spec, rules = [] }: AnyEl): ElementPlan {
  if (spec.kind === 'shape') return { kind: 'shape', plan: planShape(spec.shape()), rules };
  const variants = new Map(spec.variants.map((name) => [name, planShape(spec.shape(name))]));
  const otherwise = spec.otherwise === undefined ? undefined : variants.get(spec.otherwise);
  return { kind: 'union', discriminant: spec.discriminant, otherwise, variants, rules };
}

function planShape(shape: Shape): Plan {
  const fields = Object.entries(shape).flatMap(([field, { spec, required }], ordinal) =>
    spec.kind === 'slot' ? [] : [plannedField(field, spec, required, ordinal)],
  );
  const attrs = fields.filter((field) => field.kind === 'attr');
  const children = fields.filter(isChildField);
  return {
    fields,
    byField: new Map(fields.map((field) => [field.field, field])),
    attrs: new Map(attrs.map((field) => [field.key, field])),
    children: new Map(children.map((field) => [field.key, field])),
    text: fields.find((field) => field.kind === 'text'),
    foreign: fields.find((field) => field.kind === 'foreign'),
    required: fields.filter(({ required }) => required),
  };
}

function plannedField(
  field: string,
  spec: Exclude<FieldSpec, { readonly kind: 'slot' }>,
  required: boolean,
  ordinal: number,
): PlannedField {
  const el = spec.kind === 'kid' || spec.kind === 'kids' ? spec.el() : undefined;
  const name = ('name' in spec ? spec.name : undefined) ?? el?.name ?? '';
  const codec = 'codec' in spec ? spec.codec : undefined;
  // All kinds have the same properties, since V8 reads those of one form several times faster; hence the cast.
  return { kind: spec.kind, field, required, ordinal, key: keyOf(name), name, codec, el } as PlannedField;
}

/** Whether a field stands for child elements of one name. @internal */
export function isChildField(field: PlannedField): field is ChildField {
  return field.kind !== 'attr' && field.kind !== 'text' && field.kind !== 'foreign';
}

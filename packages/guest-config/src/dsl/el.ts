import type { XNode } from '../xml/node.ts';
import type { Opt, Req, Shape, Slot } from './field.ts';
import type { Name } from './name.ts';

declare const value: unique symbol;

/** An element of the schema whose values have type T: what `parse`, `build` and `check` take. */
export interface El<out T> {
  readonly name: Name;
  readonly spec: ElSpec;
  readonly rules?: readonly Rule[];
  readonly [value]?: T;
}

/** What the fields of an element have to be together; told by `check` and `strict` only. */
export interface Rule {
  /** The field that an issue is about. */
  readonly field: string;
  readonly expected: string;
  holds(value: Readonly<Record<string, unknown>>): boolean;
}

/** An element whatever its values. */
export type AnyEl = El<unknown>;

/** How an element's fields are known: fixed, or chosen by an attribute. */
export type ElSpec =
  | { readonly kind: 'shape'; shape(): Shape }
  | {
      readonly kind: 'union';
      readonly discriminant: string;
      /** The variant when the attribute is absent. */
      readonly otherwise: string | undefined;
      shape(variant: string): Shape;
      readonly variants: readonly string[];
    };

/** What a document holds at an element beyond the schema. Written back where it was. */
export interface Extra {
  /** Attributes that are not declared, or whose value has not the declared form; by name as written. */
  readonly attrs?: Readonly<Record<string, string>>;
  /** Elements that are not declared, or are repeated, or of which a word that they must have is not on its list. */
  readonly kids?: readonly XNode[];
  /** Text where none is declared. */
  readonly text?: string;
  /** Attributes and children of text-only and flag elements, by field. */
  readonly inLeaf?: Readonly<Record<string, Extra>>;
}

/** The type of an element's values. */
export type Infer<E> = E extends El<infer T> ? T : never;

/**
 * Alternatives under the name of the alias declared by this: a conditional type makes the compiler print that name
 * instead of all of them.
 */
export type Alternatives<T> = T extends unknown ? T : never;

/** The values of a shape. */
export type ShapeValue<S> = Flat<Fields<S> & { readonly $extra?: Extra | undefined }>;

/** The values of a union: one alternative per variant. */
export type UnionValue<D extends string, Common, Variants, Default extends PropertyKey> = {
  [V in keyof Variants]: Flat<
    (V extends Default ? { readonly [K in D]?: V | undefined } : { readonly [K in D]: V }) &
      Omit<Fields<Common>, keyof Variants[V]> &
      Fields<Variants[V]> & { readonly $extra?: Extra | undefined }
  >;
}[keyof Variants];

/** An element and its declaration, for inference. */
export interface ShapedEl<S> extends El<ShapeValue<S>> {}

/** A union and its declaration, for inference. */
export interface UnionEl<D extends string, Common, Variants, Default extends PropertyKey>
  extends El<UnionValue<D, Common, Variants, Default>> {}

/** Declares an element. Fields in the order libvirt prints them. @internal */
export function el<const S extends Shape>(name: Name, shape: S): ShapedEl<S> {
  return { name, spec: { kind: 'shape', shape: () => shape } };
}

/** The same element, of which everything may be absent. Only for elements without a discriminant. @internal */
export function partial<T>({ name, spec }: El<T>): El<Partial<T>> {
  const entries = () => Object.entries(spec.shape('')).map(([key, field]) => [key, { ...field, required: false }]);
  return { name, spec: { kind: 'shape', shape: () => Object.fromEntries(entries()) as Shape } };
}

/** Declares an element whose attribute `discriminant` decides which further fields it has. @internal */
export function union<
  const D extends string,
  const Common extends Shape,
  const Variants extends Readonly<Record<string, Shape>>,
  const Default extends keyof Variants & string = never,
>(
  name: Name,
  discriminant: D,
  common: Common,
  variants: Variants,
  otherwise?: Default,
): UnionEl<D, Common, Variants, Default> {
  const shape = (variant: string): Shape => merged(common, variants[variant] ?? {});
  return { name, spec: { kind: 'union', discriminant, otherwise, shape, variants: Object.keys(variants) } };
}

/**
 * The same element with rules that libvirt's own schema has, too. A value that breaks one is read and written all the
 * same.
 *
 * @internal
 */
export function ruled<E extends AnyEl>(el: E, ...rules: readonly Rule[]): E {
  return { ...el, rules };
}

/** A rule: the field is there, or at least when the others are so. @internal */
export function needs(
  field: string,
  expected: string,
  when: (value: Readonly<Record<string, unknown>>) => boolean = () => true,
): Rule {
  return { field, expected, holds: (value) => value[field] !== undefined || !when(value) };
}

/** A copy of a type under which an interface can be declared, so that declarations and hovers show its name. */
export type Id<T> = { [K in keyof T]: T[K] };

type Flat<T> = { [K in keyof T]: T[K] };
type Fields<S> = {
  readonly [K in keyof S as S[K] extends Req<unknown> ? K : never]: S[K] extends Req<infer T> ? T : never;
} & {
  readonly [K in keyof S as S[K] extends Slot ? never : S[K] extends Opt<unknown> ? K : never]?:
    | (S[K] extends Opt<infer T> ? T : never)
    | undefined;
};

/** The variant's fields in the slots of their names; those without a slot come first. */
function merged(common: Shape, variant: Shape): Shape {
  const unslotted = Object.entries(variant).filter(([key]) => !Object.hasOwn(common, key));
  const rest = Object.entries(common).map(([key, field]) => [key, variant[key] ?? field] as const);
  return Object.fromEntries([...unslotted, ...rest]);
}

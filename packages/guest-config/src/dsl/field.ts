import type { XNode } from '../xml/node.ts';
import type { Codec } from './codec.ts';
import type { AnyEl, El } from './el.ts';
import type { Name } from './name.ts';

declare const value: unique symbol;

/** A field that is always there. */
export interface Req<out T> {
  readonly spec: FieldSpec;
  readonly required: true;
  readonly [value]?: T;
}

/** A field that may be absent. */
export interface Opt<out T> {
  readonly spec: FieldSpec;
  readonly required: false;
  readonly [value]?: T;
}

/** The place of a field that the variants of a union declare. */
export interface Slot {
  readonly spec: { readonly kind: 'slot' };
  readonly required: false;
}

/** Fields by name; children are written in this order. */
export type Shape = Readonly<Record<string, Req<unknown> | Opt<unknown> | Slot>>;

/** Where a field stands in the XML. */
export type FieldSpec =
  | { readonly kind: 'attr'; readonly name: string; readonly codec: Codec<unknown> }
  | { readonly kind: 'text'; readonly codec: Codec<unknown> }
  | { readonly kind: 'leaf' | 'leaves'; readonly name: Name; readonly codec: Codec<unknown> }
  | { readonly kind: 'flag'; readonly name: Name }
  | { readonly kind: 'kid' | 'kids'; readonly name?: Name; el(): AnyEl }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'slot' };

/** An attribute. @internal */
export function attr<T>(name: string, codec: Codec<T>): Req<T> {
  return required({ kind: 'attr', name, codec });
}

/** The text of the element itself. @internal */
export function text<T>(codec: Codec<T>): Req<T> {
  return required({ kind: 'text', codec });
}

/** The text of a child element that has nothing else. @internal */
export function leaf<T>(name: Name, codec: Codec<T>): Req<T> {
  return required({ kind: 'leaf', name, codec });
}

/** The texts of all child elements of one name; absent when there are none. @internal */
export function leaves<T>(name: Name, codec: Codec<T>): Opt<readonly T[]> {
  return opt(required<readonly T[]>({ kind: 'leaves', name, codec }));
}

/** A child element that says something by being there: true, or absent. `false` is written like absent. @internal */
export function flag(name: Name): Opt<boolean> {
  return opt(required<boolean>({ kind: 'flag', name }));
}

/** A child element, under another name when one is given. @internal */
export function kid<T>(el: El<T>, name?: Name): Req<T> {
  return required({ kind: 'kid', el: () => el, ...(name !== undefined && { name }) });
}

/** A child element that is declared further on, or holds this one. @internal */
export function later<T>(el: () => El<T>): Req<T> {
  return required({ kind: 'kid', el });
}

/** All child elements of one name, in order; absent when there are none. @internal */
export function kids<T>(el: El<T>, name?: Name): Opt<readonly T[]> {
  return opt(required<readonly T[]>({ kind: 'kids', el: () => el, ...(name !== undefined && { name }) }));
}

/** All child elements that no other field takes, whatever their namespace. @internal */
export function foreign(): Opt<readonly XNode[]> {
  return opt(required<readonly XNode[]>({ kind: 'foreign' }));
}

/** Makes a field optional. @internal */
export function opt<T>(field: Req<T>): Opt<T> {
  return { spec: field.spec, required: false };
}

/** Where libvirt prints the field of this name, which the variants of the union declare. @internal */
export const slot: Slot = { spec: { kind: 'slot' }, required: false };

function required<T>(spec: FieldSpec): Req<T> {
  return { spec, required: true };
}

import type { Codec } from '../src/dsl/codec.ts';
import type { AnyEl } from '../src/dsl/el.ts';
import { printedName } from '../src/dsl/name.ts';
import { type Plan, planOf } from '../src/dsl/plan.ts';

/** Whether a text has a typed form at a path, in one of the variants that have it. */
export type Accepts = (text: string) => boolean;

/**
 * Every path that an element declares: `/domain/name`, `/domain/@type`, `/domain/name/text()`, with what each variant
 * accepts there. An element inside itself is not entered again.
 */
export function schemaPaths(el: AnyEl): ReadonlyMap<string, readonly Accepts[]> {
  const paths = new Map<string, Accepts[]>();
  for (const [path, accepts] of pathsOf(el, `/${printedName(el.name)}`, [])) {
    paths.set(path, [...(paths.get(path) ?? []), ...(accepts ? [accepts] : [])]);
  }
  return paths;
}

type Found = readonly [path: string, accepts?: Accepts];

function* pathsOf(el: AnyEl, path: string, around: readonly AnyEl[]): Iterable<Found> {
  yield [path];
  if (around.includes(el)) return;
  const planned = planOf(el);
  if (planned.kind === 'union') yield [`${path}/@${planned.discriminant}`, (text) => planned.variants.has(text)];
  for (const plan of planned.kind === 'union' ? planned.variants.values() : [planned.plan]) {
    yield* planPaths(plan, path, [...around, el]);
  }
}

function* planPaths(plan: Plan, path: string, around: readonly AnyEl[]): Iterable<Found> {
  for (const field of plan.fields) {
    if (field.kind === 'attr') yield [`${path}/@${field.name}`, accepting(field.codec)];
    if (field.kind === 'text') yield [`${path}/text()`, accepting(field.codec)];
    if (field.kind === 'flag') yield [`${path}/${printedName(field.name)}`];
    if (field.kind === 'kid' || field.kind === 'kids') {
      yield* pathsOf(field.el, `${path}/${printedName(field.name)}`, around);
    }
    if (field.kind === 'leaf' || field.kind === 'leaves') {
      yield [`${path}/${printedName(field.name)}`];
      yield [`${path}/${printedName(field.name)}/text()`, accepting(field.codec)];
    }
  }
}

function accepting(codec: Codec<unknown>): Accepts {
  return (text) => codec.parse(text) !== undefined;
}

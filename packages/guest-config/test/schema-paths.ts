import type { AnyEl } from '../src/dsl/el.ts';
import { printedName } from '../src/dsl/name.ts';
import { type Plan, planOf } from '../src/dsl/plan.ts';

/**
 * Every path that an element declares: `/domain/name`, `/domain/@type`, `/domain/name/text()`. An element inside
 * itself is not entered again.
 */
export function schemaPaths(el: AnyEl, path = `/${printedName(el.name)}`, around: readonly AnyEl[] = []): Set<string> {
  const paths = new Set([path]);
  if (around.includes(el)) return paths;
  const planned = planOf(el);
  if (planned.kind === 'union') paths.add(`${path}/@${planned.discriminant}`);
  for (const plan of planned.kind === 'union' ? planned.variants.values() : [planned.plan]) {
    for (const one of planPaths(plan, path, [...around, el])) paths.add(one);
  }
  return paths;
}

function* planPaths(plan: Plan, path: string, around: readonly AnyEl[]): Iterable<string> {
  for (const field of plan.fields) {
    if (field.kind === 'attr') yield `${path}/@${field.name}`;
    if (field.kind === 'text') yield `${path}/text()`;
    if (field.kind === 'flag') yield `${path}/${printedName(field.name)}`;
    if (field.kind === 'kid' || field.kind === 'kids') {
      yield* schemaPaths(field.el, `${path}/${printedName(field.name)}`, around);
    }
    if (field.kind === 'leaf' || field.kind === 'leaves') {
      yield `${path}/${printedName(field.name)}`;
      yield `${path}/${printedName(field.name)}/text()`;
    }
  }
}

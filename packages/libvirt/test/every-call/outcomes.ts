import { procedureTable } from '../../src/generated/procedure-table.gen.ts';
import type { ProcedureName } from '../../src/procedure-name.ts';
import { hasArguments, type Walk } from './walk.ts';

const names = Object.keys(procedureTable) as ProcedureName[];

/** The outcome of every call of the protocol, one a line; `missing` is one that the walk forgot. */
export function outcomeTable({ outcomes }: Walk): string {
  return names.map((name) => `${name} ${outcomes.get(name) ?? 'missing'}\n`).join('');
}

/** How many calls went how. */
export function outcomeCounts({ outcomes }: Walk) {
  const count = (wanted: (name: ProcedureName) => boolean) => names.filter(wanted).length;
  const ok = (name: ProcedureName) => outcomes.get(name) === 'ok';
  return {
    known: names.length,
    ok: count(ok),
    okWithArguments: count((name) => ok(name) && hasArguments(name)),
    newer: count((name) => outcomes.get(name) === 'newer'),
    host: count((name) => outcomes.get(name) === 'host'),
    missing: count((name) => !outcomes.has(name)),
  };
}
